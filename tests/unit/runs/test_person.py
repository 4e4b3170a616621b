from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.runs import person
from tui.runs.person import Person, caller, declared, person_of_peer

ACCOUNT = pwd.getpwuid(os.getuid()).pw_name
OTHER = next(entry for entry in pwd.getpwall() if entry.pw_uid != os.getuid())


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, str, bytes], int]:
    """A /proc with one process of ours; returns its pid."""
    monkeypatch.setattr(person, "_PROC", tmp_path)
    for name in ("SUDO_USER", "SUDO_UID"):
        monkeypatch.delenv(name, raising=False)

    def make(pid: int, loginuid: str, environment: bytes) -> int:
        for name in (str(pid), "self"):
            directory = tmp_path / name
            directory.mkdir()
            (directory / "loginuid").write_text(loginuid)
            (directory / "environ").write_bytes(environment)
        return pid

    return make


UNSET = "4294967295"
SUDO = f"SUDO_USER={OTHER.pw_name}\0SUDO_UID={OTHER.pw_uid}\0".encode()


def test_the_login_account_counts_before_sudo(process: Callable[[int, str, bytes], int]) -> None:
    pid = process(42, str(OTHER.pw_uid), b"SUDO_USER=root\0SUDO_UID=0\0")
    for found in (person_of_peer(pid, os.getuid()), caller()):
        assert (found.login, found.account) == (OTHER.pw_name, ACCOUNT)
        assert found.label == f"{OTHER.pw_name}@{os.uname().nodename.split('.')[0]}"


def test_sudo_where_login_is_not_recorded(
    process: Callable[[int, str, bytes], int], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.mkdir()
    pid = process(42, UNSET, SUDO)
    monkeypatch.setenv("SUDO_USER", OTHER.pw_name)
    monkeypatch.setenv("SUDO_UID", str(OTHER.pw_uid))
    host = os.uname().nodename.split(".")[0]
    for found in (person_of_peer(pid, os.getuid()), caller()):
        assert (found.login, found.account) == (ACCOUNT, ACCOUNT), "a variable makes nobody somebody else"
        assert found.label == f"{OTHER.pw_name} (declared by {ACCOUNT}@{host})"
    assert caller("eva").label == f"eva (declared by {OTHER.pw_name}, {ACCOUNT}@{host})"


@pytest.mark.parametrize(
    "environment",
    [
        b"",
        b"SUDO_USER=no-such-account\0SUDO_UID=7\0",
        f"SUDO_USER={OTHER.pw_name}\0".encode(),
        f"SUDO_USER={OTHER.pw_name}\0SUDO_UID=99\0".encode(),
        b"SUDO_USER=\xff\0SUDO_UID=\xff\0",
    ],
)
def test_a_sudo_that_does_not_fit_is_not_believed(
    process: Callable[[int, str, bytes], int], state: Path, environment: bytes
) -> None:
    state.mkdir()
    found = person_of_peer(process(42, UNSET, environment), os.getuid())
    assert (found.login, found.sudo) == (ACCOUNT, None) and "declared" not in found.label


def test_no_account_is_another_by_its_environment(process: Callable[[int, str, bytes], int]) -> None:
    found = person._person(4242, None, {"SUDO_USER": OTHER.pw_name, "SUDO_UID": str(OTHER.pw_uid)})
    assert found.login == "uid4242" and found.label.startswith(f"{OTHER.pw_name} (declared by uid4242@")
    # Of a process of another account than the kernel says, nothing is read at all.
    assert person_of_peer(process(42, UNSET, SUDO), 4242).label.startswith("uid4242@")


def test_a_process_of_another_account_is_not_asked(process: Callable[[int, str, bytes], int]) -> None:
    pid = process(42, str(OTHER.pw_uid), SUDO)
    assert person_of_peer(pid, 4242) == Person("uid4242", os.uname().nodename.split(".")[0], "uid4242")
    assert person_of_peer(99, os.getuid()).login == ACCOUNT


def test_a_number_that_is_anothers_by_now_is_nobody(process: Callable[[int, str, bytes], int]) -> None:
    pid = process(42, str(OTHER.pw_uid), b"")
    ended = os.fork()
    if not ended:
        os._exit(0)
    pidfds = os.pidfd_open(os.getpid()), os.pidfd_open(ended)
    os.waitpid(ended, 0)
    try:
        logins = [person_of_peer(pid, os.getuid(), pidfd=pidfd).login for pidfd in pidfds]
    finally:
        for pidfd in pidfds:
            os.close(pidfd)
    assert logins == [OTHER.pw_name, ACCOUNT]


def test_a_declared_name_is_marked() -> None:
    who = Person("root", "jump1", "root")
    assert declared(who, "ana").label == "ana (declared by root@jump1)"
    assert str(declared(who, None)) == "root@jump1"
    assert declared(who, " José ").declared == "José"


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb", "a\x1b[0m", "ana (declared by eva", "a\u202eb"])
def test_a_name_that_could_deceive_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        declared(Person("root", "jump1", "root"), name)
