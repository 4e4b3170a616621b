"""`${NAME}` and `${NAME:-default}` in texts of a plan, replaced where they are used and never stored."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tui.said import N_, Said

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}")


class ExpansionError(ValueError):
    """A variable that is not set; `name` is its name. Its text is a sentence for people."""

    def __init__(self, name: str) -> None:
        message = N_("The environment variable {name} is not set; set it, or write ${{{name}:-default}}.")
        super().__init__(Said(message, name=name))
        self.name = name


def expand(text: str, environment: Mapping[str, str]) -> str:
    """The text with its variables replaced; a default stands in for one unset or empty. Raises ExpansionError."""

    def value(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        found = environment.get(name)
        if found is None and default is None:
            raise ExpansionError(name)
        return found or default or ""

    return VARIABLE.sub(value, text)


def variables(text: str) -> list[str]:
    """The names of the variables a text needs, those with a default left out, in their order."""
    return [match[1] for match in VARIABLE.finditer(text) if match[2] is None]
