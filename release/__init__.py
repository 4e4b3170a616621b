"""How a release is made: `python -m release`. Nothing of the program imports this."""
