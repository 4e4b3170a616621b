"""Dates, times of day and time zones as people write them where they tell when a change is carried out. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Final

from tui.importer.markdown import times
from tui.importer.markdown.inline import fold

_MONTHS: Final = (
    r"jan\w*|ene(?:ro)?", r"fe[bv]\w*", r"mar(?:ch|co|zo)?|maerz|mrz", r"apr\w*|abr\w*", r"may|mai|mayo|maio",
    r"jun\w*", r"jul\w*", r"aug\w*|ago(?:sto)?", r"sep\w*|set(?:embro|iembre)?", r"o[ck]t\w*|out(?:ubro)?", r"nov\w*",
    r"de[cz]\w*|dic(?:iembre)?",
)  # fmt: skip
_MONTH: Final = "|".join(f"(?P<m{place}>{words})" for place, words in enumerate(_MONTHS, 1))
_DAY_MONTH: Final = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|o|a|º|\.)?\s*(?:of |de |del |-|/)?\s*(?:{_MONTH})\b\.?,?"
    r"\s*(?:de |del |-|/)?\s*(?P<year>20\d\d)(?!\d)"
)
_MONTH_DAY: Final = re.compile(rf"\b(?:{_MONTH})\b\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>20\d\d)(?!\d)")
_SHORT_YEAR: Final = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d\d)(?![\d.])")
_WEEKDAY: Final = (
    r"\b(?:mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?\b"
    r"|\b(?:segunda|terca|quarta|quinta|sexta)(?:-feira)?\b|\bdomingo\b|\bsabado\b"
    r"|\b(?:lunes|martes|miercoles|jueves|viernes)\b"
    r"|\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)\b"
)
_SCHEDULED: Final = re.compile(
    r"\b(?:scheduled|planned|takes place|starts?|begins?|window|geplant|findet|beginnt|fenster|agendad[oa]|marcad[oa]"
    rf"|planejad[oa]|prevista?o?|programad[oa]|comienza|empieza|comeca|inicia|janela|ventana)\b|{_WEEKDAY}"
)
# An hour without minutes is one only where it cannot be a duration: `10 pm`, `22 Uhr`, both ends of `22h às 23h30`.
_TO: Final = r"(?:\s*(?:-|–|—|ate|bis|to|until|till|as|a las|a)\s*)"
_HALF_DAY: Final = re.compile(r"(?<![\d:.,])(1[0-2]|0?\d)(?::([0-5]\d))?\s*([ap])\.?\s?m\b\.?")
_FULL: Final = re.compile(r"(?<![\d:.,])([01]?\d|2[0-4])(?:[:.h]([0-5]\d))?\s*(?:uhr|o'?clock|hrs)\b")
_HOURS: Final = re.compile(
    rf"(?<![\d:.,])([01]?\d|2[0-4])\s*h\s*([0-5]\d)?(?P<to>{_TO})([01]?\d|2[0-4])\s*h\s*([0-5]\d)?(?!\w)"
)
_SHARED: Final = re.compile(
    rf"(?<![\d:.,-])([01]?\d|2[0-4])(?::([0-5]\d))?{_TO}(?=([01]?\d|2[0-4])(?:[:.]([0-5]\d))?\s*(?P<unit>uhr|[ap]\.?m))"
)
_PLACES: Final = {
    "brasilia": "America/Sao_Paulo", "sao paulo": "America/Sao_Paulo", "lisboa": "Europe/Lisbon",
    "lisbon": "Europe/Lisbon", "madrid": "Europe/Madrid", "berlin": "Europe/Berlin", "wien": "Europe/Vienna",
    "vienna": "Europe/Vienna", "zurich": "Europe/Zurich", "paris": "Europe/Paris", "london": "Europe/London",
    "bogota": "America/Bogota", "lima": "America/Lima", "buenos aires": "America/Argentina/Buenos_Aires",
    "ciudad de mexico": "America/Mexico_City", "new york": "America/New_York", "pacific": "America/Los_Angeles",
}  # fmt: skip
_NAMED: Final = "|".join(_PLACES)
_OF_PLACE: Final = re.compile(
    rf"\b(?P<coast>pacific)\b|\b(?:hora(?:rio)?s?|time|zeit)(?: local)? (?:de |in |von |em |en )?(?P<behind>{_NAMED})\b"
    rf"|\b(?P<ahead>{_NAMED})(?:er)? (?:time|zeit)\b"
)
_AT: Final = re.compile(r"\b(?:as|a las|at|um|ab)\s+([01]?\d|2[0-4])\s*h(?:oras?|rs)?\b(?!\s*\d)")
_PAST: Final = re.compile(
    r"\b(?:last|previous\w*|executed|revision|revised|updated|created|rehears\w*|tested|zuletzt|stand|letzte\w*|erstellt"
    r"|probe\w*|getestet|ultim[ao]s?|anterior|revisao|revisad[oa]|atualizad\w*|actualizad\w*|ensaio|ensayo|testad[oa]"
    r"|incident\w*|vorfall)\b"
)
"""Words of a sentence whose date tells something else."""
_DATED: Final = re.compile(r"(?<!\d)(?:\d{1,2}[./]\d{1,2}[./](?:20)?\d\d|20\d\d-\d\d-\d\d)(?!\d)")
_MANY: Final = re.compile(r"(?<=[\d\s(])(CST|CDT|IST|AST|AMT|MST|SST)\b")
"""Names that several zones have."""


@lru_cache(1024)
def day(text: str, day_first: bool) -> tuple[int, int, int] | None:
    """Year, month and day of a date; `03/04/2031` only where the language has the day first."""
    told = times.day(text, day_first)
    if told is not None:
        return told
    folded = fold(text)
    found = _DAY_MONTH.search(folded) or _MONTH_DAY.search(folded)
    if found is not None:
        month = next(place for place in range(1, 13) if found[f"m{place}"] is not None)
        year, dom = int(found["year"]), int(found["day"])
    else:
        found = _SHORT_YEAR.search(folded)
        if found is None:
            return None
        year, month, dom = 2000 + int(found[3]), int(found[2]), int(found[1])
    try:
        datetime(year, month, dom)
    except ValueError:
        return None
    return year, month, dom


@lru_cache(1024)
def clocks(text: str) -> tuple[tuple[int, int], ...]:
    """The times of day of a text in their order, those without minutes among them."""
    folded = _without_dates(fold(text))
    found: dict[int, tuple[int, int]] = {}
    for one in _HOURS.finditer(folded):
        found[one.start()] = (int(one[1]), int(one[2] or 0))
        found[one.end("to")] = (int(one[4]), int(one[5] or 0))
    for one in _SHARED.finditer(folded):
        half = one["unit"][0] if one["unit"][0] in "ap" else ""
        begin, end = (_of(one[place], one[place + 1], half) for place in (1, 3))
        if half and begin > end and int(one[1]) < 12:
            # `11-1 am` goes over midnight or noon.
            begin = ((begin[0] + 12) % 24, begin[1])
        found[one.start()] = begin
    for one in _HALF_DAY.finditer(folded):
        found.setdefault(one.start(), _of(one[1], one[2], one[3]))
    for one in _AT.finditer(folded):
        found.setdefault(one.start(1), (int(one[1]) % 24, 0))
    for one in _FULL.finditer(folded):
        found.setdefault(one.start(), _of(one[1], one[2], ""))
    for place, told in times.placed_clocks(folded):
        found.setdefault(place, told)
    return tuple(told for _place, told in sorted(found.items()))


def _of(hour: str, minute: str | None, half: str) -> tuple[int, int]:
    whole = int(hour) % 12 + (12 if half == "p" else 0) if half else int(hour) % 24
    return whole, int(minute or 0)


def _without_dates(folded: str) -> str:
    """The same text, as long, without digits that belong to a date."""
    return re.sub(r"\d{1,2}[./]\d{1,2}[./]\d{2,4}(?!\d)|20\d\d-\d\d-\d\d", lambda found: " " * len(found[0]), folded)


@lru_cache(1024)
def zone(text: str) -> str | None:
    """The IANA name of the zone that a text names, also as the time of a place that has one."""
    told = times.zone(text)
    if told is not None:
        return told
    folded = fold(text).strip(" .()")
    if folded in _PLACES:
        return _PLACES[folded]
    found = _OF_PLACE.search(folded)
    return None if found is None else _PLACES[found["behind"] or found["ahead"] or found["coast"]]


def many_zones(text: str) -> str:
    """A name of a zone that several have; empty without one."""
    found = _MANY.search(f" {text}")
    return "" if found is None or zone(text) is not None else found[1]


_FEW: Final = 60
"""Letters of a line that is nothing but a date with its times, its zone and a few words."""


def tells_window(text: str, language: str) -> bool:
    """Whether a sentence tells when all of it is carried out: a day with two times, or a word that says so."""
    folded = fold(text)
    if len(text) > 300 or day(text, language != "en") is None or _PAST.search(folded):
        return False
    told = clocks(text)
    dated = list(_DATED.finditer(folded))
    if len(dated) > 2 or (len(dated) == 2 and not clocks(text[dated[0].end() : dated[1].start()])):
        # Which of the days it is stands nowhere.
        return False
    if _SCHEDULED.search(folded):
        return len(told) in (1, 2)
    # A line that is hardly more than that: nothing else can be meant.
    return len(told) == 2 and len(re.findall(r"[^\W\d_]", folded)) <= _FEW
