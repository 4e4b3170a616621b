"""What carries out the effects that kinds of steps yield: one file for each part of the world."""
