"""Words for people: gettext catalogues, one of them in force in each context (`contextvars`).

Evidence and events are neutral data; words are put to them here, where they are shown. A message without a
translation is shown in English, never as a key. A command and a viewer's screen `use` one in their own
context, which the tasks that they start inherit; a thread begins with the environment's, unless it runs in a copy of
theirs.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from tui.said import LANGUAGES

_DIRECTORY = Path(__file__).parent
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


class Catalogue(NamedTuple):
    """One language's words; what is asked for often is kept, for a screen asks thousands of times a second."""

    language: str
    gettext: Callable[[str], str]
    ngettext: Callable[[str, str, int], str]


_spoken: ContextVar[Catalogue] = ContextVar("language")


@cache
def _catalogue(language: str) -> Catalogue:
    found = gettext.translation("virada", _DIRECTORY, languages=[language], fallback=True)
    return Catalogue(language, lru_cache(4096)(found.gettext), found.ngettext)


def _in_force() -> Catalogue:
    return _spoken.get(None) or _catalogue(language_of_environment())


def language_of_environment() -> str:
    """The catalogue that LANGUAGE, LC_ALL, LC_MESSAGES or LANG ask for; `en` when none fits."""
    for name in _VARIABLES:
        for value in os.environ.get(name, "").split(":"):
            if value:
                return next((known for known in LANGUAGES if value.lower().startswith(known[:2])), "en")
    return "en"


def use(language: str | None = None) -> str:
    """Choose the catalogue for this context, the environment's where it is not named; returns the name of it."""
    name = language if language in LANGUAGES else language_of_environment()
    _spoken.set(_catalogue(name))
    return name


def preferred(language: str | None) -> str | None:
    """The language of a plan, where the environment names none at all, as under cron or for a service; else None."""
    return language if language in LANGUAGES and not any(map(os.environ.get, _VARIABLES)) else None


def prefer(language: str | None) -> None:
    """Speak the language of a plan, where that is `preferred`."""
    if preferred(language) is not None:
        use(language)


def language() -> str:
    """The name of the catalogue in force."""
    return _in_force().language


def _(message: str) -> str:
    """The message in the language in force."""
    try:
        return _spoken.get().gettext(message)
    except LookupError:
        return _in_force().gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """The message in the grammatical number that `count` asks for."""
    return _in_force().ngettext(one, many, count)
