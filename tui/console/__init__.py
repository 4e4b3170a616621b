"""The Textual console: a pure projection of the journal, and the hands that send commands to the helm."""
