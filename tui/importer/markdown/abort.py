"""Sentences that say when it is abandoned: `Abort if errors > 5% or p95 > 500ms`. Pure."""

from __future__ import annotations

import re
from typing import Final

from tui.importer.markdown.inline import PICTURE, unmarked

_ABORT: Final = re.compile(
    r"\W{0,6}(?:(?:we|please|sofort|immediately|immediate|imediatamente|inmediatamente)\s+)?"
    r"(?:abort\w*|abbruch|abbrechen|cancel\w*|roll(?:ing)?[ -]?back|revert\w*|back[ -]?out|fall[ -]?back"
    r"|voltar(?: atrás)?|desfazer|volver(?: atrás)?|deshacer|zurückrollen|rückfall|no-?go)"
    r"\s*[,:]?\s+(?:(?!(?:is|are|was|has|can|ist|wird|wurde|kann|é|está|es|foi|fue)\b)\w+\s+){0,3}?"
    r"(?:if|when|wenn|falls|sobald|bei|se|quando|caso|si|cuando|en caso de|em caso de)\s+"
    r"(?P<what>\S.{2,})",
    re.IGNORECASE | re.DOTALL,
)
_NAMED: Final = re.compile(
    r"\W{0,6}(?:(?:rollback|abort)[ -])?(?:triggers?|gatilhos?|auslöser|disparador(?:es)?)\s*:\s+(?P<what>\S.{2,})",
    re.IGNORECASE | re.DOTALL,
)
_TURNED: Final = re.compile(
    r"\W{0,6}(?:if|when|wenn|falls|sobald|se|quando|caso|si|cuando)\s+(?P<what>[^.;]{3,160}?)\s*"
    r"(?:(?:,|→|->|=>)\s*(?:then |dann |entonces |então |we |it is )?|\s(?:then |dann |entonces |então |we )+)"
    r"(?:abort(?:ed|ar|amos)?|abbrechen|abbruch|roll ?back|revert(?:er|ir)?"
    r"|back ?out|voltar|volver atrás|zurückrollen)\s*[.!:]?\s*",
    re.IGNORECASE,
)
_NO_REASON: Final = re.compile(
    r"(?:needed|necessary|required|possible|nötig|notwendig|erforderlich|necess[aá]ri[oa]|necesari[oa]|preciso"
    r"|possível|posible)\W*",
    re.IGNORECASE,
)
_OR: Final = re.compile(
    r"(?:\s*[,;]?\s+(?:and/or|or|oder|ou|o)\s+|\s*;\s+)(?:(?:if|when|wenn|falls|bei|se|quando|caso|si|cuando)\s+)?",
    re.IGNORECASE,
)
_MEASURED: Final = re.compile(r"[<>≤≥]|\d")
_GOES_ON: Final = re.compile(r"\s*(?:or|oder|ou|o|and|und|e|y)\s", re.IGNORECASE)
LONGEST: Final = 300


def reasons(text: str, *, measured: bool = False) -> list[str]:
    """The reasons to abandon it that a sentence tells, each of its own where each has a figure; none where it is no
    such sentence. `measured`: only those with a figure."""
    shown = PICTURE.sub("", unmarked(text).strip())[:LONGEST]
    found = _ABORT.match(shown) or _NAMED.match(shown) or _TURNED.fullmatch(shown)
    if found is None or _NO_REASON.fullmatch(found["what"]):
        return []
    what = re.split(r"(?<=[^\d.])\.\s+|(?<=\d)\.\s+(?=[A-ZÄÖÜÁÉÍÓÚ])", found["what"].strip())[0].rstrip(" .!")
    parts = [part.strip() for part in _OR.split(what) if part.strip()]
    if not all(_MEASURED.search(part) for part in parts):
        parts = [what]
    return [] if measured and not _MEASURED.search(what) else parts


def joined(lines: list[tuple[int, str]]) -> list[tuple[list[int], str]]:
    """Lines of a paragraph, those together that go on with such a sentence."""
    found: list[tuple[list[int], str]] = []
    for number, text in lines:
        if found and _ABORT.match(unmarked(found[-1][1]).strip()) and _GOES_ON.match(text):
            found[-1] = ([*found[-1][0], number], f"{found[-1][1]} {text.strip()}")
        else:
            found.append(([number], text))
    return found
