"""The Textual console: a pure projection of the journal, and what sends commands to the helm."""
