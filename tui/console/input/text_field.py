"""A line of text being typed: pure, so that the keys are tested without a screen."""

from __future__ import annotations

from tui.console.input.paste import in_one_line
from tui.pictures.cells import cells, head
from tui.pictures.lines import Line
from tui.words.inert import visible

LONGEST = 2000


class TextField:
    """Text and cursor; `key` changes them and says whether the key was one of editing."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.cursor = len(text)

    def insert(self, text: str) -> int:
        """Typed or pasted text, in one line. How many characters of it found no room."""
        text = in_one_line(text)
        room = max(0, LONGEST - len(self.text))
        self.text = self.text[: self.cursor] + text[:room] + self.text[self.cursor :]
        self.cursor += len(text[:room])
        return len(text[room:])

    def key(self, key: str, character: str | None) -> bool:
        before, after = self.text[: self.cursor], self.text[self.cursor :]
        match key:
            case "backspace" | "ctrl+h":
                self.text, self.cursor = before[:-1] + after, max(0, self.cursor - 1)
            case "delete" | "ctrl+d":
                self.text = before + after[1:]
            case "left" | "ctrl+b":
                self.cursor = max(0, self.cursor - 1)
            case "right" | "ctrl+f":
                self.cursor = min(len(self.text), self.cursor + 1)
            case "home" | "ctrl+a":
                self.cursor = 0
            case "end" | "ctrl+e":
                self.cursor = len(self.text)
            case "ctrl+u":
                self.text, self.cursor = after, 0
            case "ctrl+k":
                self.text = before
            case "ctrl+w":
                kept = before.rstrip()
                kept = kept[: kept.rfind(" ") + 1]
                self.text, self.cursor = kept + after, len(kept)
            case _ if character is not None and character.isprintable():
                self.insert(character)
            case _:
                return False
        return True

    def line(self, width: int, focused: bool) -> Line:
        """The field in `width` columns, with a block as cursor; a longer text is shown around the cursor."""
        if not focused:
            shown = head(visible(self.text), width)
            return ((shown + " " * (width - cells(shown)), "field"),)
        before, after = visible(self.text[: self.cursor]), visible(self.text[self.cursor :])
        while before and cells(before) > width - 1:
            before = before[1:]
        at, rest = (after[:1] or " "), after[1:]
        rest = head(rest, max(0, width - cells(before) - cells(at)))
        fill = " " * max(0, width - cells(before) - cells(at) - cells(rest))
        return ((before, "field"), (at, "focus"), (rest + fill, "field"))
