"""The fenced blocks of a page that show commands, with what their page says of them.

A block is `console` (lines behind `$ ` are typed, the others are what comes of it; `…` stands for what differs from one
time to the next, alone on a line for any number of lines) or `sh` (typed as it stands). An HTML comment right before it
says what the test has to know:

    <!-- given: NAME -->          a situation of `tests/book/situations.py`, made before the block
    <!-- on a terminal -->        it opens a console; whoever sits there looks, and presses `q`
    <!-- not run: WHY -->         it cannot be typed in a test
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SAID = re.compile(r"(?:<!-- (?P<said>[^>]*?) -->\n)\Z")


@dataclass(frozen=True)
class Typed:
    """One command, and what is printed behind it."""

    command: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    """Of its fence, counted from 1."""
    language: str
    text: str
    given: tuple[str, ...] = ()
    on_terminal: bool = False
    not_run: str | None = None

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def typed(self) -> tuple[Typed, ...]:
        """What is typed; of a `sh` block all of it at once, of which nothing is shown."""
        if self.language == "sh":
            return (Typed(self.text.rstrip("\n"), ()),)
        found: list[tuple[str, list[str]]] = []
        lines = iter(self.text.splitlines())
        for line in lines:
            if line.startswith("$ "):
                command = line[2:]
                while command.endswith("\\"):
                    command += "\n" + next(lines)
                found.append((command, []))
            else:
                assert found, f"{self.where}: a console block begins with what is typed"
                found[-1][1].append(line)
        return tuple(Typed(command, tuple(shown)) for command, shown in found)


def pages() -> list[Path]:
    """The pages that users read."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """The blocks of commands, in their order."""
    return list(
        of_text(page.read_text("utf-8"), page.name if page.parent == ROOT else f"{page.parent.name}/{page.name}")
    )


def of_text(text: str, page: str) -> Iterator[Block]:
    for fence in _FENCE.finditer(text):
        if fence["language"] not in ("console", "sh"):
            continue
        before, on_terminal, not_run = text[: fence.start()], False, None
        given: list[str] = []
        while said := _SAID.search(before):
            before, what = before[: said.start()], said["said"]
            if what.startswith("given: "):
                given.insert(0, what.removeprefix("given: "))
            elif what.startswith("not run: "):
                not_run = what.removeprefix("not run: ")
            elif what == "on a terminal":
                on_terminal = True
        line = text.count("\n", 0, fence.start()) + 1
        yield Block(page, line, fence["language"], fence["text"], tuple(given), on_terminal, not_run)


def agrees(shown: str, printed: str) -> bool:
    """Whether what was printed is what the page shows: blanks and `…` count loosely."""
    pattern: list[str] = []
    for line in shown.splitlines():
        if line.strip() == "…":
            pattern.append(r"(?:[^\n]*\n)*?")
        else:
            parts = (re.sub(r"(?:\\ )+|\s+", r"[ ]+", re.escape(part.strip())) for part in line.split("…"))
            pattern.append(r"[ ]*" + r"[^\n]*?".join(parts) + r"[ ]*\n")
    lines = "".join(line.rstrip() + "\n" for line in printed.splitlines() if line.strip())
    wanted = "".join(one for one in pattern if one != r"[ ]*[ ]*\n")
    return re.fullmatch(wanted, lines) is not None
