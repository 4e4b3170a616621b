"""What a person presses, types and pastes: the table of actions, keys held down, text fields, questions."""
