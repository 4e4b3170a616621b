"""A journal as a recording: keyframes, turning points, and what lies before a moment."""
