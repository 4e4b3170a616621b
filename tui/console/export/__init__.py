"""Recordings for other players: the console's own screens, frame by frame."""
