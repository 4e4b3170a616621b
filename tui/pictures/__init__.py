"""Pictures: pure functions from a view, a width and a height to lines of pieces."""
