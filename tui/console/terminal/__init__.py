"""The terminal itself: Textual's driver, its end, its clipboard."""
