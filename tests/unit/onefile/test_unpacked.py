"""An archive unpacked, looked through and mended: what is there in the end is what was in the file, or it is said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from release import onefile
from release.tree import Content
from tui.onefile import places, unpacked

BUILD = "0123456789abcdef"
CONTENT = {
    "tui/__init__.py": Content(b"one = 1\n"),
    "tui/inner/module.py": Content(b"two = 2\n" * 500),
    "libs/lib.so": Content(os.urandom(20_000), executable=True),
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "virada"
    onefile.program(path, CONTENT, "x86_64", 1_700_000_000)
    return path


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {places.VARIABLE: str(tmp_path / "v")}


def _whole(root: Path) -> bool:
    return all((root / name).read_bytes() == content.data for name, content in CONTENT.items())


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o000])
def test_all_of_it_is_there_and_nobody_elses(file: Path, environ: dict[str, str], umask: int) -> None:
    before = os.umask(umask)
    try:
        root = unpacked.obtain(file, BUILD, environ)
    finally:
        os.umask(before)
    assert _whole(root) and places.ready(BUILD, environ) == str(root)
    assert (root / ".file").read_bytes() == file.read_bytes()
    assert {path.stat().st_mode & 0o777 for path in (root.parent, root, root / "tui")} == {0o700}
    assert (root / "libs/lib.so").stat().st_mode & 0o777 == 0o700
    assert (root / "tui/__init__.py").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in root.parent.iterdir()] == [BUILD]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _other(path: Path) -> None:
    path.write_bytes(b"x" * path.stat().st_size)


def _linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize("damage", [Path.unlink, _cut, _emptied, _other, _linked])
@pytest.mark.parametrize("name", CONTENT)
def test_what_is_missing_or_other_is_made_again(
    file: Path, environ: dict[str, str], damage: Callable[[Path], None], name: str
) -> None:
    root = unpacked.obtain(file, BUILD, environ)
    damage(root / name)
    assert unpacked.obtain(file, BUILD, environ) == root
    assert _whole(root)


def test_two_that_begin_at_once_have_the_same(file: Path, environ: dict[str, str]) -> None:
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(unpacked.obtain(file, BUILD, environ)), daemon=True)
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(found)) == 1 and len(found) == 2 and _whole(found[0])


def test_where_nothing_can_be_written_is_said_with_each_reason(file: Path, tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("")
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    for directory, reason in ((occupied, "cannot be written"), (open_to_all, "can be changed by somebody else")):
        with pytest.raises(unpacked.NoPlace) as caught:
            unpacked.obtain(file, BUILD, {places.VARIABLE: str(directory)})
        [(place, said)] = caught.value.tried
        assert place == str(directory) and reason in said
        assert not list(tmp_path.rglob("*.py"))


def test_below_a_directory_of_everybody_nothing_is_unpacked(file: Path, tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    above.chmod(0o777)
    with pytest.raises(unpacked.NoPlace, match="others may change"):
        unpacked.obtain(file, BUILD, {places.VARIABLE: str(above / "v")})
    above.chmod(0o1777)
    assert _whole(unpacked.obtain(file, BUILD, {places.VARIABLE: str(above / "v")}))


def test_a_build_that_others_may_change_is_not_mended_but_left(file: Path, environ: dict[str, str]) -> None:
    """A module that somebody has laid beside the archive's would be imported."""
    root = unpacked.obtain(file, BUILD, environ)
    root.chmod(0o770)
    with pytest.raises(unpacked.NoPlace, match="can be changed by somebody else"):
        unpacked.obtain(file, BUILD, environ)


@pytest.mark.parametrize("umask", [0o000, 0o002])
def test_what_is_made_on_the_way_is_nobody_elses(file: Path, tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        root = unpacked.obtain(file, BUILD, {"HOME": str(tmp_path / "home" / "ana")})
    finally:
        os.umask(before)
    assert root == tmp_path / "home/ana/.cache/virada" / BUILD
    for made in (tmp_path / "home", tmp_path / "home/ana", root.parent.parent, root.parent, root):
        assert made.stat().st_mode & 0o777 == 0o700


class Started:
    """The file's first lines, which start what they believe to be this account's, or read the file once more."""

    def __init__(self, file: Path, home: Path) -> None:
        self.file = file
        self.home = home
        [told] = [line for line in file.read_bytes().splitlines() if line.startswith(b"virada_again=")]
        self.root = home / ".cache/virada" / told.decode().split("/")[2]
        self.root.mkdir(parents=True)
        for made in (home, *self.root.relative_to(home).parents, self.root):
            (home / made).chmod(0o700)
        self.start = self.root / "start.py"
        self.start.write_text("print('from the cache')\n")
        self.start.chmod(0o600)
        python = file.with_name("python")
        python.write_text(
            '#!/bin/sh\n[ "${1##*/}" = start.py ] || { echo once more; exit; }\nexec ' + f'{sys.executable} "$@"\n'
        )
        python.chmod(0o755)
        self.environ = {"HOME": str(home), "PATH": os.environ["PATH"], "VIRADA_PYTHON": str(python)}

    def believes(self, **more: str) -> bool:
        done = subprocess.run(
            [self.file], env=self.environ | more, cwd=self.home, capture_output=True, text=True, timeout=60, check=True
        )
        assert done.stdout in ("from the cache\n", "once more\n") and not done.stderr
        return done.stdout == "from the cache\n"


@pytest.fixture
def started(file: Path, tmp_path: Path) -> Started:
    return Started(file, tmp_path / "with blanks" / "ana")


@pytest.mark.parametrize("inside", ["", ".cache", ".cache/virada", "build", "start"])
@pytest.mark.parametrize("mode", [0o770, 0o703, 0o1777])
def test_what_others_may_change_is_not_started(started: Started, inside: str, mode: int) -> None:
    assert started.believes()
    place = {"build": started.root, "start": started.start}.get(inside, started.home / inside)
    place.chmod(mode)
    # Where nobody removes what is another's, and a directory of root's or ours lies in it, that is safe.
    assert started.believes() == (mode == 0o1777 and inside in ("", ".cache"))


@pytest.mark.parametrize("inside", ["..", "", ".cache", ".cache/virada", "build", "start"])
def test_links_are_left_to_python(started: Started, inside: str) -> None:
    place = {"build": started.root, "start": started.start, "..": started.home.parent}.get(
        inside, started.home / inside
    )
    place.rename(place.with_name("elsewhere"))
    place.symlink_to("elsewhere")
    assert not started.believes()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("inside", ["", ".cache", ".cache/virada", "build", "start"])
def test_what_belongs_to_another_is_not_started(started: Started, inside: str) -> None:
    place = {"build": started.root, "start": started.start}.get(inside, started.home / inside)
    os.chown(place, 65534, 65534)
    assert not started.believes()


def test_the_first_lines_take_what_python_takes(started: Started) -> None:
    elsewhere = str(started.home / ".cache")
    assert started.believes(XDG_CACHE_HOME=elsewhere) and started.believes(XDG_CACHE_HOME=f"{elsewhere}/")
    assert not started.believes(XDG_CACHE_HOME=".cache"), "it is no directory of everywhere"
    assert not started.believes(VIRADA_CACHE=f"{elsewhere}/virada")
    assert not started.believes(HOME="")
    for name in ("stat", "nothing"):
        lacking = started.home / name
        lacking.mkdir()
        for program in ("sh", "wc", *([] if name == "stat" else ["stat"])):
            (lacking / program).symlink_to(str(shutil.which(program)))
        assert started.believes(PATH=str(lacking)) == (name != "stat"), "without stat nobody knows"


@pytest.mark.parametrize("left", [0.0, 0.3, 0.9, 0.99])
def test_a_copy_that_was_cut_short_is_damaged(file: Path, environ: dict[str, str], tmp_path: Path, left: float) -> None:
    short = tmp_path / "short"
    short.write_bytes(file.read_bytes()[: int(file.stat().st_size * left)])
    with pytest.raises(unpacked.Damaged):
        unpacked.obtain(short, BUILD, environ)
    assert not (tmp_path / "v" / BUILD).exists() and not list((tmp_path / "v").iterdir())


def test_a_changed_byte_is_damage(file: Path, environ: dict[str, str], tmp_path: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[whole.index(b"libs/lib.so") + 5_000] ^= 1
    changed = tmp_path / "changed"
    changed.write_bytes(whole)
    with pytest.raises(unpacked.Damaged):
        unpacked.obtain(changed, BUILD, environ)


def test_builds_that_nobody_started_for_long_are_forgotten_unless_a_process_has_them(
    file: Path, environ: dict[str, str]
) -> None:
    import fcntl

    old, used, recent, foreign = "a" * 16, "b" * 16, "c" * 16, "notes"
    base = unpacked.obtain(file, old, environ).parent
    for build in (used, recent):
        unpacked.obtain(file, build, environ)
    (base / foreign).mkdir()
    long_ago = time.time() - 90 * 86400
    for build in (old, used):
        for mark in (base / build).glob("whole.*"):
            os.utime(mark, (long_ago, long_ago))
    os.utime(base / foreign, (long_ago, long_ago))
    with (base / used / ".file").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        unpacked.obtain(file, BUILD, environ)
    assert {path.name for path in base.iterdir()} == {used, recent, foreign, BUILD}


def test_what_else_lies_in_the_directory_that_somebody_named_stays(file: Path, environ: dict[str, str]) -> None:
    base = Path(environ[places.VARIABLE])
    old = time.time() - 400 * 86400
    for name in ("2024", ".ada", "bad.d", "fedcba9876543210"):
        (base / name).mkdir(parents=True)
        (base / name / "report").write_text("ours")
        os.utime(base / name, (old, old))
    unpacked.obtain(file, BUILD, environ)
    assert sorted(path.name for path in base.iterdir()) == [".ada", BUILD, "2024", "bad.d", "fedcba9876543210"]


def test_in_a_temporary_directory_it_is_made_young_once_a_day(file: Path, tmp_path: Path) -> None:
    environ = {"TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "blocked")}
    (tmp_path / "blocked").write_text("")
    place = next(place for place in places.places(environ) if place.base.startswith(str(tmp_path)) and place.temporary)
    root = unpacked.obtain(file, BUILD, {places.VARIABLE: place.base})
    old = root / "tui" / "__init__.py"
    written = old.stat().st_mtime
    os.utime(old, (time.time() - 90 * 86400, written))
    unpacked._seen(root, temporary=True)
    assert time.time() - old.stat().st_atime < 3600 and old.stat().st_mtime == written
