"""A plan from a Markdown checklist, without loss: every line of it is a step, a detail or a comment of the plan."""
