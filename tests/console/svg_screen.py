"""An animated SVG read back: the texts on its screen at any second, by its own CSS, as a browser has them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from msgspec import Struct

from tui.console.export.animated_svg import PITCH
from tui.pictures.cells import cells
from tui.pictures.svg import HEIGHT, MARGIN, WIDTH

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = frozenset(("svg", "title", "style", "rect", "defs", "g", "text", "use"))
ATTRIBUTES = frozenset(
    ("viewBox", "width", "height", "rx", "fill", "id", "class", "x", "y", "textLength", "href", "transform",
     "{http://www.w3.org/XML/1998/namespace}space")
)  # fmt: skip


class Slot(Struct):
    """One row on one side: what it shows on its strip, when it moves, and where it stands where nothing moves."""

    row: int
    strip: dict[int, str]
    moves: list[tuple[float, int]]
    still: int


class Screen:
    """The document, parsed. Raises ParseError for what is no XML."""

    def __init__(self, document: str) -> None:
        self.root = ElementTree.fromstring(document)
        self.style = self.root.findtext(f"{SVG}style") or ""
        length = re.search(r"animation:([\d.]+)s step-end infinite", self.style)
        assert length is not None
        self.length = float(length[1])
        self._halves = {group.attrib["id"]: group for group in self.root.findall(f"{SVG}defs/{SVG}g")}
        self.slots = [self._slot(each) for each in self.root if each.tag in (f"{SVG}use", f"{SVG}svg")]

    def _slot(self, at: ElementTree.Element) -> Slot:
        row = round((float(at.attrib["y"]) - MARGIN) / HEIGHT)
        if at.tag == f"{SVG}use":
            return Slot(row, {0: at.attrib["href"][1:]}, [(0.0, 0)], 0)
        (strip,) = at
        found = {round(float(use.get("y", "0")) / PITCH): use.attrib["href"][1:] for use in strip}
        number = strip.attrib["id"][1:]
        rule = re.search(rf"@keyframes a{number}\{{(.*?\}})\}}", self.style)
        assert rule is not None
        moves = [
            (float(share) / 100 * self.length, -round(float(y) / PITCH))
            for share, y in re.findall(r"([\d.]+)%\{transform:translateY\((-?[\d.]+)px\)\}", rule[1])
        ]
        still = re.fullmatch(r"translate\(0,(-?[\d.]+)\)", strip.attrib["transform"])
        assert still is not None
        return Slot(row, found, moves, -round(float(still[1]) / PITCH))

    def lines(self, second: float | None = None) -> list[str]:
        """The rows of text at a second; None: of the picture that stands where nothing moves."""
        rows: dict[int, dict[int, str]] = {}
        for slot in self.slots:
            place = slot.still
            if second is not None:
                place = [at for when, at in slot.moves if when <= second + 0.01][-1]
            if place in slot.strip:
                rows.setdefault(slot.row, {}).update(self._texts(slot.strip[place]))
        return [_row(rows.get(y, {})) for y in range(max(rows, default=-1) + 1)]

    def _texts(self, half: str) -> dict[int, str]:
        return {
            round(float(text.attrib["x"]) / WIDTH): (text.text or "").replace("\u00a0", " ")
            for text in self._halves[half].iter(f"{SVG}text")
        }  # fmt: skip


def _row(texts: dict[int, str]) -> str:
    line = ""
    for x, text in sorted(texts.items()):
        assert cells(line) <= x, f"{text!r} stands on {line!r}"
        line += " " * (x - cells(line)) + text
    return line.rstrip()
