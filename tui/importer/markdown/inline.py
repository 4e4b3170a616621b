"""Inline texts of a checklist: without markup, numbers and pictures before a title; code, blanks to fill in. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tui.importer.markdown.html import plain

_PICTURES: Final = (
    "\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001fbff\ufe0e\ufe0f\u200d\u20e3\u25a0-\u25ff"
)
PICTURE: Final = re.compile(rf"(?:[0-9#*]\ufe0f?\u20e3|[{_PICTURES}]|:[a-z][a-z0-9_+-]{{1,30}}:)+\s*")
UNIT: Final = (
    r"(?:[kKMGTP]i?B|ms|s|min|h|x|%|hours?|minutes?|seconds?|horas?|minutos?|stunden?|minuten|mio|million\w*)(?!\w)"
)
"""Behind a number it says that this is a quantity, not the number of an item."""
STEP_WORDS: Final = "step|schritt|paso|passo|etapa|task|tarefa|tarea|aufgabe"
"""What a step is called before its number."""
PART_WORDS: Final = f"phase|fase|part|parte|teil|stage|stufe|bloco|bloque|block|{STEP_WORDS}"
"""What a part of a checklist is called before its number."""
_NUMBER: Final = re.compile(
    rf"(?:(?:{PART_WORDS}|section|secao|seccion|abschnitt)"
    r"\s*(?:#|n[ro]?\.?\s*|№\s*)?(?:\d{1,3}(?:\.\d{1,3})*[a-z]?|[ivx]{1,5}"
    r"|[a-h])"
    r"\s*(?:[:.)\]]|\s[-–—]|[–—])\s*(?=\S)"
    r"|\(?\d{1,3}(?:\.\d{1,3})*[.):]\s+|\d{1,3}(?:\.\d{1,3})+[a-z]?\s+(?=\D)(?!" + UNIT + r")|\d{1,3}\s+[-–—]\s+"
    r"|(?:[ivx]{1,5}|[a-z])[.)]\s+|#\d{1,3}[:.)]?\s+)",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)")
_REFERENCE: Final = re.compile(r"\[([^\[\]]+)\]\[[^\[\]]*\]")
_STRONG: Final = re.compile(r"(\*\*\*|\*\*|(?<!_)__(?!_))(?=[^\s_])(.+?)(?<=[^\s_])\1(?!_)")
_EMPHASIS: Final = re.compile(r"(?<![\w*\\])([*_])(?![\s*_])((?:(?!\1).)+?)(?<![\s*_\\])\1(?![\w*])")
_SHORTCODES: Final = re.compile(r"(?:\s+:[a-z][a-z0-9_+-]{1,30}:)+\s*$")
_STRUCK: Final = re.compile(r"~~(.+?)~~")
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_CODE: Final = re.compile(r"(`{1,3})\s?(.+?)\s?\1(?!`)")
_BLANK: Final = re.compile(
    r"_{3,}|\.{4,}|…{2,}|\[(?:\s{2,}|_+|\.{2,}|…)\]|\[(?=[^\[\]]*[^\W\d_])(?:[^\W\d_a-zß-ÿ][^\[\]\"'=`]*"
    r"|[^\[\]\"'=`]* [^\[\]\"'=`]*)\](?!\()"
    r"|<(?!(?:br|b|i|u|s|p|a|div|span|img|kbd|su[bp]|code|em|strong|del|strike|input|h[1-6r]|t[rdh]|table|[uo]l|li"
    r"|details|summary|mark|font|label)\b)"
    r"(?=[^\W\d_])[^<>/=\n]{2,40}>|\bX{2,}:X{2,}\b|\bHH:MM\b|\bYYYY-MM-DD\b|\bTBD\b|\bTODO:|\?{3,}"
)
"""A place that somebody fills in while the step is carried out."""


@dataclass(frozen=True, slots=True)
class CodeSpan:
    """Code within a text: where it begins and ends there, and what it says."""

    begin: int
    end: int
    text: str


@lru_cache(8192)
def fold(text: str) -> str:
    """For comparing with words: small letters without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("ß", "ss")


@lru_cache(8192)
def unmarked(text: str) -> str:
    """A text without inline markup: what a reader of the page sees. Code stays as it is."""
    parts: list[str] = []
    at = 0
    for span in spans(text):
        parts += [_bare(text[at : span.begin]), span.text]
        at = span.end
    parts.append(_bare(text[at:]))
    return " ".join(_rejoined(parts).split())


def _rejoined(parts: list[str]) -> str:
    """Marks that stand on both sides of code are taken off as well."""
    text = "".join(parts)
    for _turn in range(2):
        text = _STRONG.sub(r"\2", text) if "**" in text or "__" in text else text
    return text


def _bare(text: str) -> str:
    for _turn in range(3):
        before = text
        text = _STRONG.sub(r"\2", _LINK.sub(r"\1", text))
        if text == before:
            break
    text = _STRUCK.sub(r"\1", _EMPHASIS.sub(r"\2", _REFERENCE.sub(r"\1", text)))
    return _ESCAPED.sub(r"\1", plain(text))


def spans(text: str) -> list[CodeSpan]:
    """The code within a text."""
    if "`" not in text:
        return []
    return [CodeSpan(found.start(), found.end(), found[2]) for found in _CODE.finditer(text)]


def without_code(text: str) -> str:
    """A text without the code in it."""
    at, parts = 0, []
    for span in spans(text):
        parts.append(text[at : span.begin])
        at = span.end
    return "".join([*parts, text[at:]])


def title_of(text: str) -> str:
    """A text as a title: without markup, and without numbers and pictures before it."""
    shown = unmarked(text).strip()
    shown = _numberless(_SHORTCODES.sub("", shown))
    shown = shown.strip(" \t:").strip()
    return shown or unmarked(text).strip()


def without_number(text: str) -> str:
    """A line without pictures, markup and numbers at its head."""
    bare = re.sub(r"^(?:[\s#>*_|~+-]|\[[ xX]\])+", "", text)
    return _numberless(bare)


def _numberless(text: str) -> str:
    for _turn in range(5):
        before = text
        text = PICTURE.sub("", text, count=1) if PICTURE.match(text) else text
        cut = _NUMBER.match(text)
        # Nothing but a number is a title too, and so is `24 hours after`.
        text = text[cut.end() :].strip() if cut is not None and text[cut.end() :].strip() else text
        if text == before:
            break
    return text


def blanks(text: str) -> list[str]:
    """What is to be filled in, each by the words before it or by its own."""
    found: list[str] = []
    at = 0
    for match in _BLANK.finditer(text):
        own = match[0].strip("[]<>_.…? ")
        if match[0][0] == "[" and re.match(r"~?\d", own) and re.search(UNIT, own.casefold()):
            # `[5 min]` tells how long it takes.
            continue
        before = unmarked(text[at : match.start()]).strip(" :=-–—(,;|/")
        before = re.split(r"\s*(?:→|->|=>|;|\.\s)\s*", before)[-1]
        before = PICTURE.sub("", before).strip()
        at = match.end()
        label = before if before and len(before) <= 60 else own
        if own and before and before != label:
            label = own
        if label and label not in found:
            found.append(label)
    return found


def has_blank(text: str) -> bool:
    return _BLANK.search(text) is not None


def struck(text: str) -> bool:
    """Whether a text is struck out as a whole."""
    bare = text.strip()
    return bool(re.fullmatch(r"~~.+~~[.;]?(?:\s*[-–—(].{0,80})?", bare)) or bool(
        re.fullmatch(r"<(?:s|del|strike)>.*</(?:s|del|strike)>", bare)
    )
