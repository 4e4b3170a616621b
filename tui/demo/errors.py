"""What goes wrong with the demo, in one sentence for the person at the terminal."""

from __future__ import annotations


class DemoError(Exception):
    """The demo cannot be set up or started; the text says what, where and what to do."""
