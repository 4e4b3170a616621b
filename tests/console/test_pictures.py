"""The pictures in `screenshots/` show the console as it is: made anew, they carry the same texts and colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pictures import DIRECTORY, PICTURES, Picture, take, words
from tests.recording import RECORDING

MADE = "make them anew: python -m tests.pictures"


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
async def test_a_picture_is_as_the_screen_is(picture: Picture, tmp_path: Path) -> None:
    file = DIRECTORY / f"{picture.name}.svg"
    assert file.is_file(), f"{file.name} is missing; {MADE}"
    kept, now = words(file.read_text(encoding="utf-8")), words(await take(picture, tmp_path))
    assert len(now) > 10, "the picture shows nothing"
    differing = [f"- {old}\n+ {new}" for old, new in zip(kept, now, strict=False) if old != new][:5]
    assert kept == now, f"{file.name} shows the console as it was; {MADE}\n" + "\n".join(differing)


def test_no_picture_is_left_over() -> None:
    left = {file.stem for file in DIRECTORY.glob("*.svg")} - {picture.name for picture in PICTURES} - {RECORDING.stem}
    assert not left, f"nothing makes these pictures any more: {sorted(left)}"


async def test_a_changed_word_or_colour_is_seen(tmp_path: Path) -> None:
    svg = await take(PICTURES[0], tmp_path)
    assert words(svg) == words(svg.replace("terminal-", "terminal-9"))
    assert words(svg) != words(svg.replace("PRODUCTION", "PRODUCTIVE"))
    assert words(svg) != words(svg.replace("#c21f2e", "#00ff00"))
