"""The report's parts, one file each: from what was read of a journal to the blocks of its sections."""
