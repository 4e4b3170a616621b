"""Whatever a server, a file or a person wrote: no picture lets a terminal act upon it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.console.journals import ANA, FILES, Story, failed, migrating, rolled_back
from tests.console.twin import Seen, shown
from tests.unit.cli.hostile import hostile
from tui.console.terminal.text_export import clipboard_sequences, write_text
from tui.console.widgets.pane import inert
from tui.journal.line import digest, encode
from tui.pictures.lines import Line

POISON = "\x1b]0;owned\x07\u202e\u2066[bold]\x9b2J\n"
PEOPLES = frozenset(
    (
        "title", "name", "note", "text", "message", "source", "application", "user", "query", "wanted", "contact",
        "duty", "reason", "role", "sql", "database", "person", "account", "state", "wait_event", "path", "free",
        "needed", "sqlstate", "metric", "unit", "phase", "expect", "directory", "by_step_title", "environment_word",
    )
)  # fmt: skip
"""Keys under which texts of servers, files and people stand; ids and codes are the program's own."""


def poisoned(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: poisoned(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [poisoned(part, key) for part in value]
    if key == "pid":
        return f"{value}{POISON}"
    if isinstance(value, str) and (key in PEOPLES or key in ("held", "statement", "files", "sources")):
        return value + POISON if key != "metric" else value
    return value


def poison(story: Story) -> Story:
    """The story with every text of others turned hostile, in a chain that holds."""
    raw: list[bytes] = []
    for number, line in enumerate(story.lines):
        data = msgspec.json.decode(line.data)
        if line.type == "metrics.sampled":
            data["sources"] = {name: source + POISON for name, source in data["sources"].items()}
        else:
            data = poisoned(data)
        changed = msgspec.structs.replace(
            line, data=msgspec.Raw(msgspec.json.encode(data)), by=line.by + POISON if line.by != ANA else line.by,
            prev=digest(raw[-1]) if raw else line.prev,
        )  # fmt: skip
        story.lines[number] = changed
        raw.append(encode(changed))
    story.raw[:] = raw
    return story


def check(seen: Seen, where: str) -> None:
    for y, text in enumerate(seen.text().split("\n")):
        bad = [character for character in text if not character.isprintable()]
        assert not bad, f"{where}, row {y}: {bad!r} in {text!r}"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("told", [migrating, failed, rolled_back])
async def test_no_text_of_others_is_obeyed(told: Callable[[], Story], size: tuple[int, int], tmp_path: Path) -> None:
    async with shown(poison(told()), tmp_path, size=size) as seen:
        file = tmp_path / "run" / "plan" / next(iter(FILES))
        file.write_text(f"select 1; {POISON} drop table x;", encoding="utf-8")
        assert "\\x1b]0;owned\\x07\\u202e" in seen.text(), "the story is hostile indeed"
        for keys in (("1",), ("2",), ("3",), ("k",), ("enter",), ("escape",), ("4",), ("1",), ("enter",), ("pagedown",),
                     ("escape",), ("t",), ("escape",), ("m",), ("escape",), ("question_mark",), ("escape",),
                     ("colon",), ("escape",), ("R",), ("escape",), ("s",), ("escape",), ("minus",)):  # fmt: skip
            await seen.press(*keys)
            check(seen, " ".join(keys))


def test_the_net_under_the_pictures() -> None:
    clean: Line = (("as it is", "text"), ("·", "dim"))
    assert inert(clean) is clean
    assert inert(((f"a{POISON}", "text"),))[0][0].isprintable()


async def test_every_text_of_every_event_is_inert(tmp_path: Path) -> None:
    story = migrating()
    journal = hostile("migrate")
    for line in journal.lines[1:]:
        story.add_raw(line.type, line.data, by=line.by)
    async with shown(story, tmp_path) as seen:
        for keys in (("1",), ("enter",), ("escape",), ("3",), ("4",), ("t",), ("escape",), ("R",), ("escape",)):
            await seen.press(*keys)
            check(seen, " ".join(keys))


def test_what_is_copied_or_written_is_inert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is pasted into a shell, and shown by whatever shows files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TMUX", raising=False)
    (sequence,), _cut = clipboard_sequences(f"one{POISON}two\n")
    copied = base64.b64decode(sequence.removeprefix("\x1b]52;c;").removesuffix("\x07")).decode()
    for text in (copied, write_text(f"n{POISON}", f"one{POISON}two\n").read_text(encoding="utf-8")):
        assert all(line.isprintable() for line in text.split("\n"))
        assert text.startswith("one\\x1b]0;owned")
