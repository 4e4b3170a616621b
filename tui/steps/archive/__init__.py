"""A dump as files: its table of contents, their hashes, and what of it a damaged one is. What kinds of steps share."""
