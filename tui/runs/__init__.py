"""Directories of runs: where they lie, whose they are, how one opens; and the heads of their journals kept apart."""
