"""Plans from what teams have already: a Markdown checklist, a directory of migration scripts. Pure but for reading."""
