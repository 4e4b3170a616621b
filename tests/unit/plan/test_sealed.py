"""What is not as it was sealed is handed to nobody, whatever was put in its place."""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.plan import sealed
from tui.plan.seal import seal_of
from tui.plan.sealed import NotAsSealed, SealedPlan

NAME = "sql/deep/a.sql"
FILES = {"plan.yaml": b"virada: 1\n", NAME: b"select 1;\n", "run.sh": b"#!/bin/sh\n"}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "plan"
    for name, content in FILES.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(content)
    (made / "run.sh").chmod(0o750)
    (made / "SEAL").write_text("".join(seal_of(made, FILES)[1]))
    return made


def plan(directory: Path) -> SealedPlan:
    return SealedPlan(directory, seal_of(directory, FILES)[0])


def test_what_is_as_it_was_sealed_is_read(directory: Path, tmp_path: Path) -> None:
    found = plan(directory)
    assert found.read(NAME) == FILES[NAME] and found.text(f"./sql/deep/../deep/{Path(NAME).name}") == "select 1;\n"
    with (tmp_path / "copy").open("wb", buffering=0) as target:
        assert found.copy("run.sh", target.fileno()) == 0o750
    assert (tmp_path / "copy").read_bytes() == FILES["run.sh"] and list(found.changed()) == []


def _edited(path: Path) -> None:
    path.write_bytes(b"select 2;\n")


def _through_another_name(path: Path) -> None:
    """By a hard link that was there before."""
    other = path.with_name("other")
    other.hardlink_to(path)
    other.write_bytes(b"select 2;\n")


def _linked(path: Path) -> None:
    """To a file that has the very bytes, for now."""
    path.rename(path.with_name("b.sql"))
    path.symlink_to("b.sql")


def _directory_linked(path: Path) -> None:
    path.parent.rename(path.parent.with_name("other"))
    path.parent.symlink_to("other")


def _plan_linked(path: Path) -> None:
    top = path.parents[2]
    top.rename(top.with_name("other"))
    top.symlink_to("other")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _socket(path: Path) -> None:
    path.unlink()
    above = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{above}/{path.name}")
    finally:
        os.close(above)


def _a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _a_file_above(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"")


FAULTS: list[tuple[Callable[[Path], object], str]] = [
    (_edited, "digest"),
    (lambda path: path.write_bytes(b""), "digest"),
    (lambda path: path.write_bytes(FILES[NAME][:-1]), "digest"),
    (lambda path: path.write_bytes(FILES[NAME] + b"-"), "digest"),
    (lambda path: os.truncate(path, 1 << 40), "digest"),
    (_through_another_name, "digest"),
    (_linked, "link"),
    (_directory_linked, "link"),
    (_plan_linked, "link"),
    (Path.unlink, "missing"),
    (_a_file_above, "missing"),
    (_pipe, "not_regular"),
    (_socket, "not_regular"),
    (_a_directory, "not_regular"),
]


@pytest.mark.parametrize(("fault", "what"), FAULTS)
def test_what_is_not_is_handed_to_nobody(
    directory: Path, fault: Callable[[Path], object], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = plan(directory)
    assert found.digests
    fault(directory / NAME)
    read = os.pread
    if (directory / NAME).is_file() and (directory / NAME).stat().st_size > 1 << 30:
        # A file as large as this is hashed for an hour; here it ends early.
        monkeypatch.setattr(os, "pread", lambda file, most, at: read(file, most, at) if at < 1 << 24 else b"")
    target = os.open(os.devnull, os.O_WRONLY)
    taken: list[bytes] = []
    monkeypatch.setattr(sealed, "write_all", lambda _target, chunk: taken.append(chunk))
    try:
        for look in (found.read, found.text, lambda name: found.copy(name, target)):
            with pytest.raises(NotAsSealed) as raised:
                look(NAME)
            assert raised.value.name == NAME and raised.value.expected == found.digests[NAME]
            digest = len(raised.value.found) == 64 and raised.value.found != raised.value.expected
            assert digest if what == "digest" else raised.value.found == what
    finally:
        os.close(target)
    assert sum(map(len, taken)) < sealed.LARGE
    if what != "link" or (directory / "SEAL").exists():
        assert NAME in [changed.name for changed in found.changed()]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_no_other_file(directory: Path) -> None:
    found = plan(directory)
    (directory / NAME).chmod(0)
    with pytest.raises(NotAsSealed) as raised:
        found.read(NAME)
    assert raised.value.found == "EACCES"


def test_what_could_not_be_read_for_another_reason_is_no_other_file(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = plan(directory)
    assert found.digests

    def broken(*_arguments: object, **_more: object) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    for call in ("open", "pread"):
        with monkeypatch.context() as patched:
            patched.setattr(os, call, broken)
            with pytest.raises(OSError, match="Too many") as raised:
                found.read(NAME)
        assert not isinstance(raised.value, NotAsSealed)


def test_a_seal_that_is_another_vouches_for_nothing(directory: Path) -> None:
    found = plan(directory)
    _edited(directory / NAME)
    (directory / "SEAL").write_text("".join(seal_of(directory, FILES)[1]))
    with pytest.raises(NotAsSealed) as raised:
        found.read(NAME)
    assert raised.value.name == "SEAL" and raised.value.expected != raised.value.found


def test_what_is_not_under_the_seal_is_not_read(directory: Path) -> None:
    (directory / "further.sql").write_text("select 1;\n")
    for name in ("further.sql", "../plan/run.sh", "/etc/passwd", "sql", "."):
        with pytest.raises(NotAsSealed) as raised:
            plan(directory).read(name)
        assert raised.value.found == "not_sealed"


def test_a_file_that_changes_while_it_is_read_is_not_used(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, read = plan(directory), os.pread
    assert found.digests

    def then_it_changes(file: int, most: int, at: int) -> bytes:
        data = read(file, min(most, 4), at)
        _edited(directory / NAME)
        return data

    monkeypatch.setattr(os, "pread", then_it_changes)
    with pytest.raises(NotAsSealed):
        found.read(NAME)


def test_a_large_file_is_taken_in_once(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And before that it is known to be the one."""
    monkeypatch.setattr(sealed, "LARGE", 4)
    found = plan(directory)
    assert found.read(NAME) == FILES[NAME]
    written: list[bytes] = []
    monkeypatch.setattr(sealed, "write_all", lambda _target, chunk: written.append(chunk))
    _edited(directory / NAME)
    with pytest.raises(NotAsSealed):
        found.copy(NAME, -1)
    assert written == []


def test_whoever_is_faster_only_what_was_sealed_is_used(directory: Path, tmp_path: Path) -> None:
    """Beside somebody who puts one file after the other in its place."""
    found, file, ended = plan(directory), directory / NAME, threading.Event()
    assert found.digests
    planted = tmp_path / "planted"
    planted.write_bytes(b"select 2;\n")

    def put() -> None:
        for number in itertools.count():
            if ended.is_set():
                return
            other = tmp_path / f"other{number}"
            match number % 4:
                case 0:
                    other.symlink_to(planted)
                case 1:
                    other.hardlink_to(planted)
                case _:
                    other.write_bytes(FILES[NAME])
            other.replace(file)
            if number % 4 == 3:
                file.write_bytes(planted.read_bytes())

    replacing = threading.Thread(target=put)
    replacing.start()
    outcomes: set[str] = set()
    wanted = {"sealed", "link", hashlib.sha256(b"select 2;\n").hexdigest()}
    deadline = time.monotonic() + 20
    try:
        while not outcomes >= wanted and time.monotonic() < deadline:
            with (tmp_path / "copy").open("wb", buffering=0) as target:
                try:
                    assert found.read(NAME) == FILES[NAME]
                    found.copy(NAME, target.fileno())
                    assert (tmp_path / "copy").read_bytes() == FILES[NAME]
                    outcomes.add("sealed")
                except NotAsSealed as error:
                    outcomes.add(error.found)
    finally:
        ended.set()
        replacing.join()
    assert outcomes >= wanted
