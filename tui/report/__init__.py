"""The run's document: HTML, Markdown and JSON, made from its journal alone, the same bytes each time."""
