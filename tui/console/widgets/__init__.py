"""Panes: widgets that paint pictures line by line and repaint only what changed."""
