"""What leaves for people outside, in the plan's language: the one place where the engine knows any.

Whatever it journals of a run stays neutral; the text of a notification is its author's, and so are the words in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import copy_context


def in_words(facts: Mapping[str, str], language: str | None) -> dict[str, str]:
    """Facts of the run with words in the place of codes; `language`: the plan's, None: the environment's."""
    from tui import locale
    from tui.words.codes import ENVIRONMENT, MODE, RUN_STATUS, word

    def put() -> dict[str, str]:
        locale.use(language)
        tables = {"status": RUN_STATUS, "mode": MODE, "environment": ENVIRONMENT}
        return {name: word(tables[name], text) if name in tables else text for name, text in facts.items()}

    return copy_context().run(put)
