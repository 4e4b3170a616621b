"""The lines of a checklist: its bytes decoded, and what wikis and word processors make of Markdown put right, each line
with the number it has in the file. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from tui.importer.imported import ImportFailed
from tui.importer.markdown.confluence import from_wiki, is_wiki
from tui.importer.markdown.lines import ITEM, SourceLine
from tui.importer.markdown.runs import with_fences, with_items, with_signs, with_state, with_time
from tui.importer.markdown.secrets import redacted_lines
from tui.said import N_, Said

LONGEST_LINE: Final = 1_500
"""Characters of a line that are taken apart; a longer one stands whole in a comment."""
LARGEST: Final = 8 << 20
"""Bytes of a checklist; a thousand pages have less."""
_BREAK: Final = re.compile(r"\r\n|\n|\r")
_SPACES: Final = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\x0b\x0c]")
_UNSEEN: Final = re.compile("[\u00ad\u200b\u200e\u200f\u2060\u2066-\u2069\u202a-\u202e\ufeff]")
_OPEN_BOX: Final = "☐⬜◻▢□🔲⬛🟦❑❒"
_DONE_BOX: Final = "☑☒✅✔✓🗹"
_BULLETS: Final = "•◦▪▫●○■‣⁃∙·➤➢►▸▶→❖◆◇–—"
_BOX: Final = re.compile(
    rf"(?P<indent>\s*)(?P<mark>(?:[-*+{_BULLETS}]|\d{{1,4}}[.)])\s*)?"
    rf"(?P<struck>~~)?(?:\\?\[(?P<in>[ xX✓✔✗√~!?/>-]?|N/A|n/a)\\?\](?![(:\[])"
    rf"|(?P<sign>[{_OPEN_BOX}{_DONE_BOX}])\ufe0f?)\s*(?P<rest>.*)",
    re.DOTALL,
)
_OTHER_BOXES: Final = "~!?/>-✗"
ODD_BOX: Final = N_("the box holds {box}; it is an open step all the same")
_OPEN: Final = re.compile(rf"^\s*(?:[-*+{_BULLETS}]\s*)?(?:[{_OPEN_BOX}]|\\?\[ ?\\?\](?!\())")
_BEHIND: Final = re.compile(
    r"(?P<indent>\s*)(?P<mark>[-*+]|\d{1,4}[.)])\s+(?P<rest>.*\S)\s+\\?\[(?P<in>[ xX✓✔])\\?\]\s*"
)
_BULLET: Final = re.compile(rf"(\s*)[{_BULLETS}]\s+(?=\S)")
_ROUND: Final = re.compile(r"^(\s*(?:[-*+]\s+)?)\(([ xX]?)\)\s+(?=\S)")
_DASHED: Final = re.compile(r"^(\s*)(\d{1,2})\s+[-–—]\s+(?=[^\W\d_])")
"""`1 - Stop`: an item with a number that Markdown takes for a sentence."""
_LETTERED: Final = re.compile(r"(\s+)((?:[a-z]|[ivx]{1,4})[.)]\s+\S)")
"""An item below another one that has a letter; Markdown knows none."""
_LIST: Final = re.compile(r"(\s*)([-*+]|\d{1,4}[.)])(\s+)\S")
_FENCE: Final = re.compile(rf"(\s*(?:{ITEM}\s+)?)" + r"(`{3,}|~{3,})\s*([^`]*)$")
_TIGHT_HEADING: Final = re.compile(r"\s{0,3}(#{2,6})(?=[^\s#])")
_FRONT: Final = re.compile(r"(?:---|\+\+\+)\s*")
_RESTARTS: Final = re.compile(r"\s{0,3}(?:#{1,6}\s|" + ITEM + r"\s+\S|\*\*\S)")
_TEXTUAL: Final = {"", "text", "txt", "md", "markdown", "plain", "plaintext", "checklist", "none"}


@dataclass(slots=True)
class ChecklistSource:
    """A checklist's lines. `raw`: as they stand in the file, the first is number 1 at index 0. `lines`: what the parser
    is to read. `marks`: numbers of lines that only delimit something. `front`: front matter as (number, key, value).
    `boxes`: what stands in a box that is neither open nor ticked, by number. `remarks`: (number, sentence) of what was
    put right."""

    name: str
    raw: list[str]
    lines: list[SourceLine] = field(default_factory=list)
    marks: set[int] = field(default_factory=set)
    boxes: dict[int, str] = field(default_factory=dict)
    front: list[tuple[int, str, str]] = field(default_factory=list)
    remarks: list[tuple[int, Said]] = field(default_factory=list)


def read_source(raw: bytes, name: str) -> ChecklistSource:
    """The lines of a file. Raises ImportFailed for what is no text, or none at all."""
    if len(raw) > LARGEST:
        text = N_("{file} is larger than {limit} MiB; that is no checklist.")
        raise ImportFailed(Said(text, file=name, limit=LARGEST >> 20))
    text, encoding = _decode(raw, name)
    lines = _BREAK.split(text)
    if lines and not lines[-1]:
        lines.pop()
    source = ChecklistSource(name, redacted_lines(lines))
    for number, (line, shown) in enumerate(zip(lines, source.raw, strict=True), 1):
        if line != shown:
            source.remarks.append((number, Said("a password stands here; it is not written into the plan")))
    if encoding:
        said = Said("The file is not UTF-8 and was read as {encoding}.", encoding=encoding)
        source.remarks.append((1, said))
    body = _front_matter(source)
    if is_wiki([line.text for line in body]):
        body, marks = from_wiki(body)
        source.marks |= marks
    source.lines = _put_right(with_items(_fences(with_fences(body), source)), source)
    if not any(line.strip() for line in lines):
        raise ImportFailed(Said("{file} holds no text.", file=name))
    return source


def _decode(raw: bytes, name: str) -> tuple[str, str]:
    """The text, and the encoding where it is another than UTF-8."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return raw.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            pass
    if b"\x00" in raw:
        raise ImportFailed(Said("{file} is no text; write the checklist as Markdown in UTF-8.", file=name))
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace"), "Windows-1252"


def _front_matter(source: ChecklistSource) -> list[SourceLine]:
    """The lines behind front matter, which is taken apart where it is `key: value`."""
    lines = [SourceLine(number, text[:LONGEST_LINE]) for number, text in enumerate(source.raw, 1)]
    if not source.raw or not _FRONT.fullmatch(source.raw[0]):
        return lines
    end = next((n for n, text in enumerate(source.raw[1:200], 1) if _FRONT.fullmatch(text)), None)
    inner = source.raw[1:end] if end is not None else []
    keyed = [re.match(r"\s*([\w .-]{1,40}?)\s*[:=]\s*(.*)", text) for text in inner]
    if not inner or not any(keyed) or any(re.match(r"#{1,6} |\s*- \[", text) for text in inner):
        return lines
    assert end is not None
    source.marks |= {1, end + 1}
    for number, found in enumerate(keyed, 2):
        if found is not None:
            source.front.append((number, found[1], found[2].strip().strip("\"'")))
        elif source.raw[number - 1].strip():
            source.front.append((number, "", source.raw[number - 1].strip()))
    return lines[end + 1 :]


def _fences(lines: list[SourceLine], source: ChecklistSource) -> list[SourceLine]:
    """Every code block has an end, and one that holds boxes is no code. Lines in code are marked as such."""
    done: list[SourceLine] = []
    at = 0
    while at < len(lines):
        opened = _FENCE.match(lines[at].text)
        if opened is None:
            done.append(lines[at])
            at += 1
            continue
        end, closed = _end_of_fence(lines, at, opened[2])
        inside = lines[at + 1 : end]
        language = opened[3].strip().partition(" ")[0].lower()
        boxes = [line for line in inside if (box := _BOX.match(line.text)) and (box["in"] is not None or box["sign"])]
        if boxes and language in _TEXTUAL:
            source.marks |= {lines[at].number} | ({lines[end].number} if closed else set())
            # What stands between brackets of code was laid out there, and begins anew.
            done += [SourceLine(lines[at].number, ""), *_apart(inside), SourceLine(lines[at].number, "")]
        else:
            source.marks |= {lines[at].number} | ({lines[end].number} if closed else set())
            done.append(SourceLine(lines[at].number, lines[at].text, code=True))
            done += [SourceLine(line.number, line.text, code=True) for line in inside]
            indent = re.match(r"\s*", lines[at].text)
            pad = " " * len(opened[1].replace("\t", "    ")) if indent else ""
            done.append(SourceLine(lines[end].number if closed else lines[end - 1].number, pad + opened[2], code=True))
        if not closed:
            text = N_("The code block that begins here is never closed; it is taken to end in line {line}.")
            source.remarks.append((lines[at].number, Said(text, line=lines[end - 1].number)))
        at = end + 1 if closed else end
    return done


def _apart(lines: list[SourceLine]) -> list[SourceLine]:
    """Lines of a listing, those that are no items set apart from the items before them."""
    done: list[SourceLine] = []
    for line in lines:
        if line.text.strip() and not line.text.startswith(" ") and _BOX.fullmatch(line.text) is None:
            done.append(SourceLine(line.number, ""))
        done.append(line)
    return done


def _end_of_fence(lines: list[SourceLine], at: int, fence: str) -> tuple[int, bool]:
    """The index of the line that closes a fence; or, where none does, of the first that is no code any more."""
    for end in range(at + 1, len(lines)):
        found = re.fullmatch(r"\s*(`{3,}|~{3,})\s*(\S*).*", lines[end].text)
        if found is None or found[1][0] != fence[0] or len(found[1]) < len(fence):
            continue
        if not found[2]:
            return end, True
        break
    for end in range(at + 1, len(lines)):
        before = lines[end - 1].text
        if not before.strip() and _RESTARTS.match(lines[end].text) and not re.match(r"#\s+\d", lines[end].text):
            return end, False
        if end > at + 1 and re.match(r"\s*(`{3,}|~{3,})", lines[end].text):
            return end, False
    return len(lines), False


def _put_right(lines: list[SourceLine], source: ChecklistSource) -> list[SourceLine]:
    """Signs of bullets and boxes as Markdown has them, and lists no further to the right than their depth."""
    done: list[SourceLine] = []
    stack: list[tuple[int, int]] = []
    shift = limit = 0
    # A tick alone may be an ornament; beside open boxes it says that something is done.
    ticks = any(_OPEN.search(with_signs(line.text)) for line in lines)
    for line in lines:
        if line.code:
            cut = min(shift, len(line.text) - len(line.text.lstrip())) if line.text[:limit].strip() == "" else 0
            done.append(SourceLine(line.number, line.text[cut:], code=True))
            continue
        shown = with_signs(_UNSEEN.sub("", _SPACES.sub(" ", line.text.expandtabs(4))))
        text = with_state(_sign(with_time(shown), ticks))
        box = _BOX.fullmatch(shown)
        if box is not None and (box["in"] or " ") in _OTHER_BOXES and box["mark"] is not None and box["rest"].strip():
            source.boxes[line.number] = f"[{box['in']}]"
            source.remarks.append((line.number, Said(ODD_BOX, box=f"[{box['in']}]")))
        indent = len(text) - len(text.lstrip())
        if not text.strip():
            done.append(SourceLine(line.number, ""))
            continue
        listed = _LIST.match(text)
        if shift and indent < limit:
            shift = 0
        text, indent = text[shift:], indent - shift
        if listed is None:
            if indent == 0:
                if stack and text.isupper() and len(re.sub(r"[\W\d_]", "", text)) > 3:
                    done.append(SourceLine(line.number, ""))
                stack, shift = [], 0
            done.append(SourceLine(line.number, text))
            continue
        while stack and indent < stack[-1][1]:
            stack.pop()
        within = stack[-1][1] if stack else 0
        if indent - within > 3:
            limit, more = indent + shift, indent - within
            shift += more
            text, indent = text[more:], within
        width = len(listed[2]) + len(listed[3])
        stack.append((indent, indent + (width if width <= 5 else len(listed[2]) + 1)))
        done.append(SourceLine(line.number, text))
    return done


def _sign(text: str, ticks: bool) -> str:
    """A line whose bullet or box, if it has one, is Markdown's."""
    text = _ROUND.sub(lambda found: f"{found[1]}[{found[2] or ' '}] ", text) if _ROUND.match(text) else text
    text = _DASHED.sub(r"\1\2. ", text) if _DASHED.match(text) else text
    found = _BOX.fullmatch(text)
    if found is not None and (found["sign"] or " ") in _DONE_BOX and not ticks:
        found = None
    if found is not None and (found["in"] is not None or found["sign"]) and found["rest"].strip():
        inner = found["in"]
        decorated = found["sign"] is not None and found["mark"] is None and not found["indent"]
        if not (inner == "" and found["mark"] is None) and not (decorated and found["rest"][:1] in "|"):
            ticked = (inner or "") in tuple("xX✓✔√") or (found["sign"] or "") in tuple(_DONE_BOX)
            if (inner or "").upper() == "N/A":
                return f"{found['indent']}{(found['mark'] or '-').strip()} [ ] ~~{found['rest']}~~"
            mark = found["mark"] or "- "
            mark = mark.strip() if re.match(r"\d|[-*+]", mark) else "-"
            return f"{found['indent']}{mark} [{'x' if ticked else ' '}] {found['struck'] or ''}{found['rest']}"
    behind = _BEHIND.fullmatch(text)
    if behind is not None:
        return f"{behind['indent']}{behind['mark']} [{(behind['in'].strip() and 'x') or ' '}] {behind['rest']}"
    text = _LETTERED.sub(r"\1- \2", text, count=1)
    text = _BULLET.sub(r"\1- ", text, count=1) if _BULLET.match(text) else text
    return _TIGHT_HEADING.sub(lambda found: found[0] + " ", text, count=1) if _TIGHT_HEADING.match(text) else text
