"""Spans of time as people write them in checklists: durations, times from the beginning, dates. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from tui.importer.markdown.inline import fold
from tui.plan.window import WindowError
from tui.plan.window import zone as tz

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86400.0, 604800.0
LONGEST: Final = 366 * DAY
_UNITS: Final = {
    "s": (1.0, r"seconds?|secs?|segundos?|segs?|sekunden?|seks?|s"),
    "m": (MINUTE, r"minutes?|mins?|minutos?|minuten?|m|'"),
    "h": (HOUR, r"hours?|hrs?|horas?|stunden?|std|h"),
    "d": (DAY, r"(?:business |working |calendar )?days?|dias?(?: uteis| habiles)?|tage?n?|d"),
    "w": (WEEK, r"weeks?|semanas?|wochen?|w"),
}
_UNIT: Final = "|".join(f"(?P<{name}>{words})" for name, (_seconds, words) in _UNITS.items())
_PLAIN_UNIT: Final = "|".join(words for _seconds, words in _UNITS.values())
_ABOUT: Final = (
    r"(?:~|≈|∼|<|≤|approx(?:imately)?\.?|about|around|circa|ca\.?|c\.|est(?:imated)?\.?|aprox(?:imadamente)?\.?"
    r"|cerca de|unos|uns|max(?:\.|imum|imo)?|up to|at most|ate|hasta|bis zu|etwa|ungefahr|rund|estimad[oa]|duration"
    r"|duracao|duracion|dauer|eta|time|timeline|tempo|tiempo|zeit|mind\.?|min\.|prazo"
    r"|(?:should |will |may )?takes?|leva|tarda|dura|dauert|first"
    r"|primeir[oa]s?|primer[oa]s?|erste[nr]?|next|last)\s*:?\s*"
)
_RANGE: Final = re.compile(
    rf"(?:{_ABOUT})*(?:(?P<low>\d{{1,4}}(?:[.,]\d{{1,2}})?)\s*(?:{_PLAIN_UNIT})?\s*"
    r"(?:-|–|—|/|to|a|ate|hasta|bis|or|ou|o|oder)\s*)?"
    rf"(?P<high>\d{{1,4}}(?:[.,]\d{{1,2}})?)\s*(?:{_UNIT})(?:\b|(?=\d))\.?"
    r"(?:\s*(?P<rest>\d{1,2})\s*(?:m|min|minutes|minutos|minuten)?\b)?(?:\s*(?:total|max|each|cada|je|max\.))?"
)
_BEFORE: Final = (
    r"before|prior|ahead|in advance|earlier|antes|previ[oa]s?|de antecedencia|com antecedencia|vor|vorher|zuvor|davor"
    r"|pre-?\w*"
)
_AFTER: Final = (
    r"after|later|post|apos|depois|mais tarde|despues|tras|posterior(?:es)?|nach|danach|spater|nachher|seguintes"
    r"|siguientes|following"
)
_SIDE_BEHIND: Final = re.compile(rf"\s*(?:(?P<before>{_BEFORE})|(?P<after>{_AFTER}))\b")
_OFFSET: Final = re.compile(
    r"(?<![\w/])(?P<base>[tdh])\s?(?P<sign>[+−–-]|\+/-|±)\s?(?P<number>\d{1,4})(?:\s*[:h]\s*(?P<minutes>\d{2}))?"
    rf"\s*(?:(?:{_UNIT})(?!\w))?(?!\w)"
)
_ZERO: Final = re.compile(r"(?<![\w/+-])t\s?(?:[+-]\s?)?0(?!\w)")
_PICTURED: Final = re.compile(r"[⏱⏰⌚⏳⌛🕐-🕧]\ufe0f?\s*")
_CLOCK: Final = re.compile(
    r"(?<![\d:.])([01]?\d|2[0-3])(?::|h)([0-5]\d)(?::[0-5]\d)?(?![\d:])(?:\s*(?:h|uhr|hrs)\b)?\s*([ap]\.?m\.?)?",
    re.IGNORECASE,
)
_ISO: Final = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?!\d)")
_DAY_FIRST: Final = re.compile(r"(?<!\d)(\d{1,2})([./])(\d{1,2})\2(20\d\d)(?!\d)")
_ZONE: Final = re.compile(
    r"\b(?:(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?)\b"
)
_ZONE_NAMES: Final = {
    "UTC": "UTC", "GMT": "UTC", "Z": "UTC", "BRT": "America/Sao_Paulo", "ART": "America/Argentina/Buenos_Aires",
    "CLT": "America/Santiago", "CET": "Europe/Berlin", "CEST": "Europe/Berlin", "MEZ": "Europe/Berlin",
    "MESZ": "Europe/Berlin", "BST": "Europe/London", "WET": "Europe/Lisbon", "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles", "PT": "America/Los_Angeles", "EST": "America/New_York", "EDT": "America/New_York",
    "ET": "America/New_York",
}  # fmt: skip


_ONE: Final = r"(?:an?|one|uma?|una?|eine[rn]?)"
_HOUR_WORD: Final = r"(?:hour|hora|stunde)"
_NUMBERS: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "dois": 2, "duas": 2, "dos": 2, "tres": 3,
    "três": 3, "quatro": 4, "cuatro": 4, "cinco": 5, "seis": 6, "dez": 10, "diez": 10, "zwei": 2, "drei": 3, "vier": 4,
    "fünf": 5, "sechs": 6, "zehn": 10,
}  # fmt: skip
_WORDED: Final = re.compile(
    rf"(?<!\w)(?:(?P<quarter>(?:a )?quarter of an hour|um quarto de hora|un cuarto de hora|eine viertelstunde)"
    rf"|(?P<half>half an? hour|meia hora|media hora|(?:eine )?halbe stunde"
    r"|(?<![\d/])(?:1/2|½)\s*(?:an )?(?:h|hour|hora|std\.?|stunde)\b)"
    rf"|(?P<more>(?:{_ONE} )?hour and a half|(?:uma )?hora e meia|(?:una )?hora y media|anderthalb stunden"
    rf"|eineinhalb stunden|one and a half hours)"
    rf"|(?P<one>{_ONE}) (?={_HOUR_WORD}\b|minut[eo]\b)"
    rf"|(?P<few>{'|'.join(_NUMBERS)}) (?=(?:hours|horas|stunden|minutes|minutos|minuten)\b))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """`seconds`: how long, the longest of a range. `side`: `before` or `after` something where it says when instead."""

    seconds: float
    side: str = ""


def in_digits(text: str) -> str:
    """A text whose spans in words, such as `half an hour`, have digits."""

    def digits(found: re.Match[str]) -> str:
        if found["one"] is not None:
            return "1 "
        if found["few"] is not None:
            return f"{_NUMBERS[found['few'].lower()]} "
        return "15 min" if found["quarter"] else "30 min" if found["half"] else "90 min"

    return _WORDED.sub(digits, text)


@lru_cache(4096)
def duration(text: str) -> TimeSpan | None:
    """The span that a text is, such as `~5-10 min` or `30 minutes before`; None for any other text."""
    folded = fold(in_digits(text)).strip(" .,;:()[]*_")
    ahead = re.match(rf"(?:(?P<before>{_BEFORE})|(?P<after>{_AFTER}))\s*:?\s+(?=\d|~)", folded)
    side = _side(ahead)
    if ahead is not None:
        folded = folded[ahead.end() :]
    found = _RANGE.match(folded)
    if found is None:
        return None
    rest = folded[found.end() :]
    behind = _SIDE_BEHIND.match(rest)
    if behind is not None:
        # `24h after the go-live`: what it is before or after may follow.
        return _span(found, _side(behind)) if len(rest[behind.end() :].split()) <= 5 else None
    return None if rest.strip(" .,;:!)") else _span(found, side)


@lru_cache(4096)
def durations(text: str) -> tuple[TimeSpan, ...]:
    """The spans that a heading or an item names so that they are its own: in brackets, after `~` or a clock, behind a
    dash at the end, before or after something."""
    found: list[TimeSpan] = []
    text = in_digits(text)
    for inner in re.findall(r"\(([^()]{1,80})\)|\[([^\[\]]{1,80})\]", text):
        for part in re.split(r"[,;|]|\s[-–—]\s", inner[0] or inner[1]):
            span = duration(part)
            if span is not None and not part.strip().startswith(("<", ">", "≤")):
                found.append(span)
    pictured = _PICTURED.search(text)
    if pictured is not None and not found:
        span = _leading(text[pictured.end() :])
        found += [span] if span is not None else []
    about = re.search(r"(?:~|≈|∼|\b(?:ca\.|approx\.?|aprox\.?|est\.)\s?)\s*\d[^()\[\]]{0,30}", text, re.IGNORECASE)
    if about is not None and not found:
        span = _leading(about[0])
        found += [span] if span is not None else []
    for part in re.split(r"\s[–—|-]\s|:\s|,\s|→|\*\*", text)[1:]:
        span = duration(part) if not found else None
        found += [span] if span is not None else []
    if not found:
        folded = fold(text)
        for match in re.finditer(
            rf"\d{{1,3}}(?:\s*[-–]\s*\d{{1,3}})?\s*(?:{_PLAIN_UNIT})\s+(?:{_BEFORE}|{_AFTER})\b", folded
        ):
            span = duration(match[0])
            found += [span] if span is not None else []
        for match in re.finditer(rf"\b(?:{_BEFORE}|{_AFTER})\s+\d{{1,3}}\s*(?:{_PLAIN_UNIT})\b", folded):
            span = duration(match[0])
            found += [span] if span is not None else []
    return tuple(found)


def _leading(text: str) -> TimeSpan | None:
    """The span with which a text begins."""
    folded = fold(text).strip(" :*_")
    found = _RANGE.match(folded)
    if found is None:
        return None
    behind = _SIDE_BEHIND.match(folded[found.end() :])
    return _span(found, _side(behind))


def _side(found: re.Match[str] | None) -> str:
    return "" if found is None else "before" if found["before"] else "after"


def _span(found: re.Match[str], side: str) -> TimeSpan | None:
    unit = next((name for name in _UNITS if found[name] is not None), None)
    if unit is None:
        return None
    seconds = float(found["high"].replace(",", ".")) * _UNITS[unit][0]
    if found["rest"] is not None and unit == "h":
        seconds += int(found["rest"]) * MINUTE
    return TimeSpan(seconds, side) if 0 < seconds <= LONGEST else None


@lru_cache(4096)
def offset(text: str) -> float | None:
    """Seconds from the beginning of the first `T+10`, `T-30 min`, `D-7` in a text; minutes where no unit is said."""
    folded = fold(text)
    found = _OFFSET.search(folded)
    zero = _ZERO.search(folded)
    if found is None or (zero is not None and zero.start() < found.start()):
        return 0.0 if zero is not None else None
    unit = next((name for name in _UNITS if found[name] is not None), None)
    each = _UNITS[unit][0] if unit else {"t": MINUTE, "h": HOUR, "d": DAY}[found["base"]]
    seconds = int(found["number"]) * each
    if found["minutes"] is not None:
        seconds = int(found["number"]) * HOUR + int(found["minutes"]) * MINUTE
    if seconds > LONGEST:
        return None
    return -seconds if found["sign"] in "-−–" else seconds


def only_offset(text: str) -> bool:
    """Whether a text is an offset and nothing else: a label."""
    folded = fold(text).strip(" :*_.()[]–—-")
    found = _OFFSET.search(folded) or _ZERO.search(folded)
    return found is not None and not (folded[: found.start()] + folded[found.end() :]).strip(" :.~-–—")


def clock(text: str) -> tuple[int, int] | None:
    """Hour and minute of the first time of day in a text."""
    found = _CLOCK.search(text)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    half = (found[3] or "").lower().replace(".", "")
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour, minute


def placed_clocks(text: str) -> list[tuple[int, tuple[int, int]]]:
    """Every time of day in a text, with where it begins."""
    return [(found.start(), told) for found in _CLOCK.finditer(text) if (told := clock(found[0])) is not None]


def day(text: str, day_first: bool) -> tuple[int, int, int] | None:
    """Year, month and day of a date; `03/04/2031` only where the language has the day first."""
    found = _ISO.search(text)
    if found is not None:
        year, month, dom = int(found[1]), int(found[2]), int(found[3])
    else:
        found = _DAY_FIRST.search(text)
        if found is None or (found[2] == "/" and not day_first and int(found[1]) <= 12):
            return None
        year, month, dom = int(found[4]), int(found[3]), int(found[1])
    try:
        datetime(year, month, dom)
    except ValueError:
        return None
    return year, month, dom


def zone(text: str) -> str | None:
    """The IANA name of the time zone that a text names; of an abbreviation the usual one."""
    named = _ZONE.search(text)
    if named is not None:
        try:
            tz(named[0])
        except WindowError:
            # A name that the loader would refuse is none.
            return None
        return named[0]
    found = re.search(rf"(?<=[\d\s(])({'|'.join(_ZONE_NAMES)})\b(?![+-]\d)", f" {text}")
    return None if found is None else _ZONE_NAMES[found[1]]


def written(seconds: float) -> str:
    """A duration as a plan has it: `90s`, `10m`, `1h30m`, `24h`."""
    whole = round(seconds)
    if whole % 60:
        return f"{whole}s" if whole < 60 or whole % 60 else f"{whole // 60}m"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" + (f"{minutes % 60}m" if minutes % 60 else "")


def written_offset(seconds: float) -> str:
    """An offset as a plan has it: `T+10m`."""
    if not seconds:
        return "T+0"
    return f"T{'-' if seconds < 0 else '+'}{written(abs(seconds))}"


def between(begin: tuple[int, int], end: tuple[int, int]) -> float:
    """Seconds from a time of day to the next one."""
    span = timedelta(hours=end[0], minutes=end[1]) - timedelta(hours=begin[0], minutes=begin[1])
    return span.total_seconds() % DAY
