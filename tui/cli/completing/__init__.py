"""What a shell is told behind TAB: commands, options, runs, steps, targets, plans. Nothing here raises, or prints."""
