"""Reading SQL files: statements with their lines, meta-commands, COPY data, and what a runner refuses."""
