"""The text of an item, a heading or a row as a step: who, how long, when, what is executed, what is to be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tui.importer.markdown import times
from tui.importer.markdown.commands import kind_of_line
from tui.importer.markdown.fates import Fate
from tui.importer.markdown.found import FoundStep, Proposal
from tui.importer.markdown.inline import PICTURE, blanks, fold, spans, title_of, unmarked, without_code
from tui.importer.markdown.people import clean, is_role, owner_of
from tui.importer.markdown.reading import ChecklistReading
from tui.importer.markdown.vocabulary import EXPECTED, WINDOW_LABELS, Label, label_of

LONGEST_TITLE: Final = 160
_AT_HEAD: Final = re.compile(
    r"\s*(?:\*\*|__|`)?[\[(]?\s*(?P<when>[TDH]\s?[+−–-]\s?\d{1,4}:\d\d|\+\s?\d{1,3}(?:\s*h\s?\d\d"
    r"|\s*(?:min\w*|m|h|hours?|horas?)\b|:\d\d)|[TDH]\s?[+−–-]\s?\d{1,4}(?:\s*(?:min\w*|m|h|hrs?|hours?|horas?|d|days?"
    r"|dias?|s))?|T\s?[+-]?\s?0|(?:[01]?\d|2[0-3])[:h][0-5]\d(?:\s*[-–—]\s*(?:[01]?\d|2[0-3]):[0-5]\d)?(?:\s*(?:h\b|uhr\b"
    r"|(?-i:UTC|GMT|[BCEMW]E?S?Z|[A-Z]{2,3}T)\b))?)\s*[\])]?\s*(?:\*\*|__|`)?"
    r"\s*(?:[:|–—-]+\s*(?:\*\*|__)?|(?=\s))\s*(?=\S)",
    re.IGNORECASE,
)
_AT_TIME: Final = re.compile(r"(?:@|\bat|\bàs|\ba las|\bum|\bab)\s+(?:[01]?\d|2[0-3])[:h][0-5]\d\b", re.IGNORECASE)
_GO: Final = re.compile(
    r"(?:[☐⬜□]|\[ ?\])\s*(?:GO|YES|SIM|SÍ|JA)\s*[/|]?\s*(?:[☐⬜□]|\[ ?\])\s*(?:NO-?GO|NO|NÃO|NEIN)\b", re.IGNORECASE
)
"""Two boxes of which one is ticked."""
_LABELLED: Final = re.compile(
    r"\s*(?:\*\*|__|[*_])?(?P<label>[^:*_`|]{2,40}?)\s*"
    r"(?::\s*(?:\*\*|__|[*_](?=\s))|(?:\*\*|__|[*_])?\s*[:=])\s*(?P<rest>\S.*)?$"
)
_EXPECTED_IN_BRACKETS: Final = re.compile(r"\s*[(\[]((?:[^()\[\]]|\([^()]*\))*)[)\]]")


def labelled(text: str) -> tuple[str, str] | None:
    """Label and value of a line such as `**Owner:** DBA`; None where it has no label."""
    bare = PICTURE.sub("", text.strip(), count=1) if PICTURE.match(text.strip()) else text
    found = _LABELLED.match(bare)
    if found is None or "://" in found["label"]:
        return None
    return unmarked(found["label"]).strip(), (found["rest"] or "").strip()


def window_labels(text: str) -> Iterator[tuple[Label, str]]:
    """What a line tells of the window: `**Date:** ... **Duration:** ...`, parts between bars; else the whole of it."""
    told = False
    for part in re.split(
        r"\s+[|·•]\s+|\s{2,}(?=[^\W\d_][^:*]{1,20}:\s)|\s+(?=\*\*[^*:]{2,24}:\*\*|\*\*[^*:]{2,24}\*\*:)", text
    ):
        found = labelled(part)
        label = None if found is None else label_of(found[0])
        if found is not None and label is not None and (label in WINDOW_LABELS or label is Label.DURATION):
            told = True
            yield label, found[1]
    if not told:
        yield Label.WINDOW, text


def step_of(reading: ChecklistReading, text: str, number: int, more: list[tuple[int, str]] | None = None) -> FoundStep:
    """The step that a text is; `more`: further lines of its paragraph."""
    more = list(more or [])
    while more and _continues(text, more[0][1]):
        following, words = more.pop(0)
        text = f"{text.rstrip()} {words.strip()}"
        reading.fates.tell(following, Fate.STEP)
    reading.fates.tell(number, Fate.STEP)
    step = FoundStep(number, text, "")
    rest, notes = reading.footnotes(text)
    step.details += notes
    head = _AT_HEAD.match(PICTURE.sub("", rest, count=1) if PICTURE.match(rest) else rest)
    if head is not None:
        bare = PICTURE.sub("", rest, count=1) if PICTURE.match(rest) else rest
        when = head["when"].strip()
        step.milestone = times.offset(f"T{when}" if when.startswith("+") else when)
        step.at = None if step.milestone is not None else times.clock(head["when"])
        rest = bare[head.end() :]
        if rest.count("**") % 2:
            rest = f"**{rest}" if rest.rstrip().endswith("**") else rest.replace("**", "", 1)
    step.role = owner_of(rest, reading.team)
    if step.role is not None:
        written = step.role
        step.role = reading.team.add(written, number)
        rest = _without_owner(rest, written, reading)
    rest = _execution(step, rest, number)
    rest = _expectation(step, rest)
    _times(step, text)
    decided = _GO.search(rest)
    if decided is not None:
        named = " / ".join(re.findall(r"\w[\w-]*", decided[0]))
        rest = f"{rest[: decided.start()]}{named}{rest[decided.end() :]}"
        step.blanks.append(named)
    for label in blanks(without_code(rest)):
        if not is_role(label, reading.team):
            step.blanks.append(label)
    title = title_of(rest) or title_of(text)
    if len(title) > LONGEST_TITLE:
        step.details.append(title)
        title = _shortened(title)
    step.title = title or reading.raw(number).strip()
    for following, words in more:
        detail_line(reading, step, words, following)
    return step


def detail_line(reading: ChecklistReading, step: FoundStep, text: str, number: int, indent: str = "") -> None:
    """A line below a step: a criterion, a result that is awaited, a blank to be filled in, who does it, how long."""
    reading.fates.tell(number, Fate.DETAIL)
    shown = unmarked(text).strip()
    if not shown:
        return
    told = labelled(text)
    label = None if told is None else label_of(told[0])
    if told is not None and told[1]:
        if label is Label.OWNER and step.role is None and not blanks(told[1]) and len(told[1]) <= 60:
            step.role = clean(told[1])
        elif label is Label.DURATION and step.estimate is None:
            span = times.duration(unmarked(told[1])) or next(iter(times.durations(told[1])), None)
            step.estimate = span.seconds if span is not None and not span.side else None
    for code in spans(text):
        kind = kind_of_line(code.text)
        if kind is not None:
            step.proposals.append(Proposal(kind, [code.text], number))
    found = blanks(without_code(text))
    for one in found:
        if one not in step.blanks and not is_role(one, reading.team):
            step.blanks.append(one)
    step.details.append(indent + shown)


def _continues(text: str, following: str) -> bool:
    """Whether a line goes on with the sentence before it."""
    shown = following.strip()
    if not shown or EXPECTED.match(fold(unmarked(shown))) or labelled(shown) is not None or len(text) > 400:
        return False
    if re.match(r"[-*+`>|(\[→=]|\d+[.)]|\*\*", shown) or PICTURE.match(shown):
        return False
    return not unmarked(text).rstrip().endswith((".", "!", "?", ";", ":")) or shown[:1].islower()


def _without_owner(text: str, role: str, reading: ChecklistReading) -> str:
    """The text without what is nothing but its owner's name."""
    name = re.escape(role)
    text = re.sub(
        rf"\s*(?:\*\*|_)?[(\[{{]\s*(?:\*\*|_)?@?{name}\.?(?:\*\*|_)?\s*[)\]}}](?!\()(?:\*\*|_)?",
        "",
        text,
        count=1,
        flags=re.IGNORECASE,
    )
    bare = re.sub(
        rf"\s*(?:[-–—|;(,\[]\s*)?(?:\*\*|_)?(?:owner|responsible|resp\.|assignee|respons[aá]vel|responsable"
        rf"|verantwortlich|zust[aä]ndig|who|quem|qui[eé]n|wer|dri)(?:\*\*|_)?\s*[:=]\s*"
        rf"(?:\*\*|_)?\s*@?{name}(?:\*\*|_)?\s*[)\]]?",
        "", text, count=1, flags=re.IGNORECASE,
    )  # fmt: skip
    bare = re.sub(rf"^\s*(?:\*\*)?\[{name}\](?:\*\*)?:?\s+", "", bare, count=1)
    bare = re.sub(rf"\s[-–—]\s+[*_]*{name}[*_]*\s*$", "", bare, count=1)
    if not re.search(
        rf"\b(?:by|with|to|from|for|por|com|para|con|a|de|mit|an|von"
        rf"|bei)\s+@{name}\s*$",
        bare,
        re.IGNORECASE,
    ):
        bare = re.sub(rf"\s*(?:[-–—]\s*)?@{name}\s*$", "", bare, count=1)
    return bare if bare.strip(" *_-–—:.") else text


def _execution(step: FoundStep, text: str, number: int) -> str:
    """Take the code of a text as what may be executed; returns what is left as its title."""
    runnable = [(span, kind) for span in spans(text) if (kind := kind_of_line(span.text)) is not None]
    for span, kind in runnable:
        step.proposals.append(Proposal(kind, [span.text], number))
    if not runnable:
        return text
    first = runnable[0][0]
    before = text[: first.begin].rstrip()
    if not re.search(r"(?::|→|->|=>|\s[-–—])(?:\*\*|__)?$", before) or not unmarked(before).strip(" :-–—→>="):
        return text
    rest = text[runnable[-1][0].end :].strip(" ;,.")
    if rest and not re.fullmatch(r"[()\[\].,;:\s]*", rest):
        shown = unmarked(re.sub(r"^(?:→|->|=>|[-–—])\s*", "", rest))
        step.details.append(shown.strip("()") if re.fullmatch(r"\([^()]*\)", shown) else shown)
    return re.sub(r"\s*(?:->|=>|→|[-–—:])\s*(\*\*|__)?$", r"\1", before)


def _expectation(step: FoundStep, text: str) -> str:
    """Take the result that is awaited out of brackets, or from behind its word."""
    for found in _EXPECTED_IN_BRACKETS.finditer(text):
        if EXPECTED.match(fold(unmarked(found[1])).strip()) and text[: found.start()].strip():
            step.details.append(unmarked(found[1]).strip())
            return text[: found.start()] + text[found.end() :]
    split = re.search(r"(?:\s[-–—|]\s|[.;,]\s+|\s*(?:→|->|=>)\s*)(?=\S)", text)
    while split is not None:
        behind = text[split.end() :]
        if EXPECTED.match(fold(unmarked(behind))) and text[: split.start()].strip():
            step.details.append(unmarked(behind).strip())
            return text[: split.start()]
        split = re.compile(r"(?:\s[-–—|]\s|[.;,]\s+|\s*(?:→|->|=>)\s*)(?=\S)").search(text, split.end())
    return text


def _times(step: FoundStep, text: str) -> None:
    bare = without_code(text)
    for span in times.durations(bare):
        if not span.side and step.estimate is None:
            step.estimate = span.seconds
        elif span.side and step.milestone is None and step.at is None:
            step.milestone = -span.seconds if span.side == "before" else span.seconds
    moment = _AT_TIME.search(bare)
    if moment is not None and step.milestone is None and step.at is None:
        step.at = times.clock(moment[0])
    if step.milestone is None and step.at is None:
        for inner in re.findall(r"\(([^()]*)\)|\*\*([^*]+)\*\*|\[([^\[\]]*)\]", bare):
            part = next((one for one in inner if one), "")
            if times.only_offset(part):
                step.milestone = times.offset(part)
                break


def _shortened(title: str) -> str:
    """The first sentence of a title, or as many of its words as fit."""
    sentence = re.match(r".{20,}?[.;:](?=\s)", title)
    if sentence is not None and len(sentence[0]) <= LONGEST_TITLE:
        return sentence[0].rstrip(".;:")
    cut = title[:LONGEST_TITLE].rpartition(" ")[0]
    return f"{cut or title[:LONGEST_TITLE]} …"
