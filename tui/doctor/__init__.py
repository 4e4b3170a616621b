"""What this host and this account are like for a run: asked of the machine itself, unknown where it does not tell."""
