"""Where the file is unpacked: nobody else's directory, and no other than what this account may execute from."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tui.onefile import places

BUILD = "0123456789abcdef"


def test_the_named_place_stands_for_itself_alone() -> None:
    assert places.places({places.VARIABLE: "/srv/v", "HOME": "/home/ana"}) == [places.CachePlace("/srv/v", False)]


@pytest.mark.parametrize(
    ("environ", "first"),
    [
        ({"HOME": "/home/ana"}, "/home/ana/.cache/virada"),
        ({"HOME": "/home/ana", "XDG_CACHE_HOME": "/c"}, "/c/virada"),
        ({"HOME": "/home/ana", "XDG_CACHE_HOME": "relative"}, "/home/ana/.cache/virada"),
        ({"HOME": "here"}, f"/var/tmp/virada-{os.geteuid()}"),
        ({}, f"/var/tmp/virada-{os.geteuid()}"),
    ],
)
def test_a_cache_of_the_account_comes_first(environ: dict[str, str], first: str) -> None:
    assert places.places(environ)[0].base == first


def test_temporary_directories_are_told_apart_and_named_once() -> None:
    found = places.places({"HOME": "/home/ana", "TMPDIR": "/tmp/"})
    assert [place.temporary for place in found] == [False, True, True]
    assert len({place.base for place in found}) == 3


def _ready(base: Path) -> str | None:
    return places.ready(BUILD, {places.VARIABLE: str(base)})


def _mark(base: Path) -> Path:
    (base / BUILD).mkdir(parents=True)
    mark = base / BUILD / f"{places.WHOLE}{places.boot()}"
    mark.touch()
    return mark


def test_ready_is_what_was_seen_whole_since_the_boot_and_within_a_day(tmp_path: Path) -> None:
    base = tmp_path / "v"
    assert _ready(base) is None
    mark = _mark(base)
    base.chmod(0o700)
    assert _ready(base) == str(base / BUILD)
    os.utime(mark, (time.time() - 90_000,) * 2)
    assert _ready(base) is None
    os.utime(mark)
    mark.rename(mark.with_name(f"{places.WHOLE}another-boot"))
    assert _ready(base) is None


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_what_others_may_change_is_not_ready(tmp_path: Path, mode: int) -> None:
    base = tmp_path / "v"
    _mark(base)
    base.chmod(mode)
    assert _ready(base) is None
    assert places.objection(str(base)) == "can be changed by somebody else"


def test_a_link_is_no_place(tmp_path: Path) -> None:
    base = tmp_path / "v"
    _mark(base)
    base.chmod(0o700)
    link = tmp_path / "link"
    link.symlink_to(base)
    assert places.objection(str(link)) == "is no directory"
