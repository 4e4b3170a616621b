"""An exported SVG shows, second by second, what the console shows over the journal, and does nothing else."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path

import pytest

from tests.console.journals import Story, migrating, rolled_back
from tests.console.svg_screen import ATTRIBUTES, ELEMENTS, SVG, Screen
from tests.recording import LARGEST, RECORDED, RECORDING, recorded
from tui.console.export import animated_svg
from tui.console.export.animated_svg import export
from tui.console.export.frames import ExportOptions, frames_of, played
from tui.journal import events as e
from tui.runs.paths import RunPaths

FEW = ExportOptions(size=(120, 30), every=20.0)


def filmed(story: Story, directory: Path, cut: ExportOptions, still: float | None = None) -> str:
    paths = story.save(directory / "20261205T235500Z-7f3a")
    into = io.BytesIO()
    export(paths, into, cut, still=still)
    return into.getvalue().decode()


async def shown_by_the_console(directory: Path, cut: ExportOptions) -> list[tuple[float, list[str]]]:
    paths = RunPaths(directory / "20261205T235500Z-7f3a")
    found = []
    async for at, _frame, app in played(frames_of(paths, cut), paths, cut):
        strips = app.screen._compositor.render_strips()[: cut.size[1]]
        found.append((at, ["".join(each.text for each in strip.crop(0, cut.size[0])).rstrip() for strip in strips]))
    return found


@pytest.mark.parametrize("cut", [FEW, ExportOptions(size=(80, 24), every=30.0)], ids=["wide", "narrow"])
def test_every_second_shows_what_the_console_shows(cut: ExportOptions, tmp_path: Path) -> None:
    story = rolled_back()
    story.output("verify", "注文表に地域 wide characters < & > é \U0001f600 in the log")
    screen = Screen(filmed(story, tmp_path, cut))
    shown = asyncio.run(shown_by_the_console(tmp_path, cut))
    assert len(shown) > 3
    for at, lines in shown:
        while not lines[-1]:
            del lines[-1]
        assert screen.lines(at) == lines, at
    assert screen.lines() == shown[-1][1], "where nothing moves its end stands"
    assert screen.length == pytest.approx(shown[-1][0] + animated_svg.HOLD, abs=0.01)


def test_a_picture_of_ones_choice_stands_where_nothing_moves(tmp_path: Path) -> None:
    screen = Screen(filmed(migrating(), tmp_path, FEW, still=0.0))
    assert screen.lines() == screen.lines(0.0) != screen.lines(screen.length)


def test_it_is_inert_whatever_the_run_has_printed(tmp_path: Path) -> None:
    story = migrating()
    hostile = (
        '</text></svg><script>alert(1)</script><image href="http://x/"/> ]]> url(http://x) \x1b]0;x\x07 \ufffe &lt;'
    )
    story.output("migrate", hostile, "</svg><script>", "javascript:alert(1)", "@import 'x'; }")
    story.add(e.NoteAdded(text=hostile))
    document = filmed(story, tmp_path, ExportOptions(size=(120, 60), every=100.0))
    screen = Screen(document)
    for each in screen.root.iter():
        assert each.tag.removeprefix(SVG) in ELEMENTS and set(each.attrib) <= ATTRIBUTES, each
        assert re.fullmatch(r"#r\d+", each.get("href", "#r0"))
    assert (
        document.count("http://www.w3.org/2000/svg") == 1
        and "url(" not in screen.style
        and "@import" not in screen.style
    )
    told = "\n".join(screen.lines())
    assert "</svg><script>" in told and "\x1b" not in told, "it stands there as text"


def test_a_long_recording_has_no_more_pictures_than_a_short_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(animated_svg, "FRAMES", 10)
    story = migrating()
    for n in range(30):
        story.output("migrate", f"line {n}").sample(after=5.0)
    screen = Screen(filmed(story, tmp_path, ExportOptions(size=(80, 24), idle_limit=1e9, every=2.0)))
    assert len({round(at, 2) for slot in screen.slots for at, _place in slot.moves}) <= 11
    assert "+13:42 of 13:42" in screen.lines(screen.length)[1], "its end is among them"


def test_the_recording_of_the_first_page_is_the_consoles(tmp_path: Path) -> None:
    document = RECORDING.read_text(encoding="utf-8")
    assert 100_000 < len(document.encode()) < LARGEST
    screen = Screen(document)
    assert {each.tag.removeprefix(SVG) for each in screen.root.iter()} <= ELEMENTS
    # As it would be made now, in a few of its pictures: `python -m tests.pictures` writes all of them.
    few = Screen(recorded(tmp_path, every=RECORDED.every * 80))
    assert screen.lines(screen.length) == few.lines(few.length), "make it anew: python -m tests.pictures"
    told = {line for second in range(int(screen.length)) for line in screen.lines(second)}
    for part in ("REPLAY", "rows (", "rolling back", "rolled back", "unresolved error"):
        assert any(part in line for line in told), part


def test_it_stands_at_the_top_of_the_readme() -> None:
    root = RECORDING.parent.parent
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert f"({RECORDING.relative_to(root)})" in readme[:2500]
