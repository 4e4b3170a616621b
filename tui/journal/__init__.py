"""What happened: the journal's line format and chain, its writer, readers and verification."""
