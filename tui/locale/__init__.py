"""Words for people: gettext catalogues, chosen by the environment or set for a run's own locale.

Evidence and events are neutral data; words are put to them here, where they are shown. A message without a
translation is shown in English, never as a key.
"""

from __future__ import annotations

import gettext
import os
from pathlib import Path

from tui.said import LANGUAGES

_DIRECTORY = Path(__file__).parent
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_current: gettext.NullTranslations | None = None
_name = "en"


def language_of_environment() -> str:
    """The catalogue that LANGUAGE, LC_ALL, LC_MESSAGES or LANG ask for; `en` when none fits."""
    for name in _VARIABLES:
        for value in os.environ.get(name, "").split(":"):
            if value:
                return "pt_BR" if value.lower().startswith("pt") else "en"
    return "en"


def use(language: str | None = None) -> str:
    """Choose the catalogue for this process; returns the name of the one in force."""
    global _current, _name
    name = language if language in LANGUAGES else language_of_environment()
    _current, _name = gettext.translation("virada", _DIRECTORY, languages=[name], fallback=True), name
    return name


def preferred(language: str | None) -> str | None:
    """The language of a plan, where the environment names none at all, as under cron or for a service; else None."""
    return language if language in LANGUAGES and not any(map(os.environ.get, _VARIABLES)) else None


def prefer(language: str | None) -> None:
    """Use the language of a plan, where that is `preferred`."""
    if preferred(language) is not None:
        use(language)


def language() -> str:
    """The name of the catalogue in force."""
    return _name if _current is not None else use()


def _(message: str) -> str:
    """The message in the language in force."""
    if _current is None:
        use()
    assert _current is not None
    return _current.gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """The message in the grammatical number that `count` asks for."""
    if _current is None:
        use()
    assert _current is not None
    return _current.ngettext(one, many, count)
