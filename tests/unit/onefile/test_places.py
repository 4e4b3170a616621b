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


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o1777])
@pytest.mark.parametrize("inside", ["", BUILD])
def test_what_others_may_change_is_not_ready(tmp_path: Path, mode: int, inside: str) -> None:
    base = tmp_path / "v"
    _mark(base)
    base.chmod(0o700)
    (base / BUILD).chmod(0o700)
    assert _ready(base) == str(base / BUILD)
    (base / inside).chmod(mode)
    assert _ready(base) is None
    assert places.objection(str(base), str(base / BUILD)) == "can be changed by somebody else"


@pytest.mark.parametrize(("mode", "trusted"), [(0o777, False), (0o775, False), (0o1777, True), (0o2755, True)])
def test_every_directory_on_the_way_counts(tmp_path: Path, mode: int, trusted: bool) -> None:
    """Whoever may write there puts another directory in the place of ours."""
    base = tmp_path / "above" / "between" / "v"
    _mark(base)
    base.chmod(0o700)
    (tmp_path / "above").chmod(mode)
    reason = None if trusted else "lies in a directory that others may change"
    assert places.untrusted(str(base)) == places.objection(str(base)) == reason
    assert (_ready(base) is not None) == trusted


def test_links_are_followed_one_by_one(tmp_path: Path) -> None:
    """What leads somewhere is as good as where it lies and where it leads, however that is written."""
    (tmp_path / "safe" / "deep").mkdir(parents=True)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    for name, target in (("one", "two"), ("two", "safe/deep"), ("to-open", str(tmp_path / "open")), ("loop", "loop")):
        (tmp_path / name).symlink_to(target)
    # Where it leads is closed to others, and the link may be exchanged by anybody.
    (tmp_path / "open" / "to-safe").symlink_to("../safe")

    def reason(base: str) -> str | None:
        return places.untrusted(f"{tmp_path}/{base}")

    assert reason("one/v") is None and reason("safe/../one/../deep/v") is None and reason(".//two//v") is None
    for base in ("to-open/v", "open/to-safe/v", "open/to-safe/deep/v", "safe/../open/x/v", "to-open/../safe/v"):
        assert reason(base) == "lies in a directory that others may change"
    assert reason("loop/v") == "lies behind links that have no end"
    assert reason("not/there/v") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_belongs_to_others_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "safe").mkdir()
    (tmp_path / "link").symlink_to("safe")
    assert places.untrusted(f"{tmp_path}/link/v") is None
    os.chown(tmp_path / "link", 65534, 65534, follow_symlinks=False)
    assert places.untrusted(f"{tmp_path}/link/v") == "lies behind a link of somebody else"
    os.chown(tmp_path / "safe", 65534, 65534)
    assert places.untrusted(f"{tmp_path}/safe/v") == "lies in a directory of somebody else"


def test_a_link_is_no_place(tmp_path: Path) -> None:
    base = tmp_path / "v"
    _mark(base)
    base.chmod(0o700)
    link = tmp_path / "link"
    link.symlink_to(base)
    assert places.objection(str(link)) == "is no directory"
