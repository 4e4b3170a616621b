"""The files of a release on machines that have nothing but Python; `python -m tests.image` runs this."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.image.machine import UID, Ended, Machine, NoMachine

RELEASE = Path(os.environ.get("VIRADA_RELEASE", "dist"))
DEMO = "umask 077; cd /tmp; virada demo --headless --autopilot --compress 60"
Made = Callable[[str], Machine]
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A machine by suite, `SUITE:arm64` for the other architecture, with both files in /opt/virada."""
    there: dict[str, Machine] = {}

    def machine(name: str) -> Machine:
        if name not in there:
            suite, _, architecture = name.partition(":")
            root = tmp_path_factory.mktemp("machine") / "root"
            root.parent.chmod(0o755)
            try:
                made = Machine.made(root, suite, architecture or "amd64")
            except NoMachine as error:
                pytest.skip(str(error))
            _lay(made, "virada")
            _lay(made, "virada-demo")
            there[name] = made
        return there[name]

    yield machine
    for one in there.values():
        one.close()


def _lay(machine: Machine, name: str, architecture: str | None = None) -> Path:
    """The file, as an operator copies it."""
    wanted = _MACHINES[architecture or machine.architecture]
    [source] = RELEASE.glob(f"{name}-[0-9]*-{wanted}")
    target = machine.root / "opt" / "virada" / name
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755)
    return target


@pytest.fixture
def machine(made: Made) -> Iterator[Machine]:
    """The one of Python 3.11, with nothing unpacked on it."""
    found = made("bookworm")
    yield found
    for place in ("home/ana", "home/eva"):
        for entry in (found.root / place).iterdir():
            shutil.rmtree(entry)
    for entry in (found.root / "var/tmp").iterdir():
        shutil.rmtree(entry)


def _sentence(ended: Ended, *said: str, code: int = 1) -> None:
    assert ended.code == code, ended
    assert ended.err.startswith("virada: ") and ended.err.count("\n") == 1, ended
    assert all(one in ended.err for one in said), ended


@pytest.mark.parametrize("name", ["bookworm", "trixie", "forky", "trixie:arm64"])
def test_both_files_run_the_demo(made: Made, name: str) -> None:
    """Python 3.11, 3.13, 3.14, and 3.13 on aarch64: as an ordinary user, without network, PostgreSQL and time zones."""
    machine = made(name)
    gone = machine.run("command -v psql pg_dump tmux; ls /usr/share/zoneinfo /sys/class/net 2>/dev/null")
    assert gone.out == "", gone
    ended = machine.run(DEMO, timeout=1200)
    assert ended.code == 0, ended.err[-3000:]
    assert "is completed" in ended.err, ended.err[-3000:]
    assert machine.run("virada status last").out.count("completed") == 1
    assert machine.run("virada verify last").code == 0


def test_an_interpreter_that_is_too_old_is_said(made: Made) -> None:
    """Debian 11 has Python 3.9."""
    machine = made("bullseye")
    _sentence(machine.run("virada --version"), "CPython 3.11 to 3.14", "CPython 3.9", "/usr/bin/python3")
    _sentence(machine.run("virada status", environ={"LANG": "pt_BR.UTF-8"}), "precisa", "CPython 3.9")


def test_the_other_machines_file_is_said(machine: Machine) -> None:
    other = _lay(machine, "virada", "arm64")
    try:
        _sentence(machine.run("virada --version"), "aarch64", "x86_64")
    finally:
        other.unlink()
        _lay(machine, "virada")


def test_a_home_that_cannot_be_written(machine: Machine) -> None:
    ended = machine.run(
        f"virada --version && ls -d /var/tmp/virada-{UID}",
        extra="mount --bind home/ana home/ana; mount -o remount,bind,ro home/ana",
    )
    assert ended.code == 0 and ended.out.startswith("virada "), ended


def test_a_home_from_which_nothing_is_executed(machine: Machine) -> None:
    """The demo's server does not come from there either."""
    ended = machine.run(
        f"{DEMO}; code=$?; ls -A ~/.cache/virada; exit $code",
        extra="mount --bind home/ana home/ana; mount -o remount,bind,noexec home/ana",
    )
    assert ended.code == 0, ended.err[-2000:]
    assert len(list((machine.root / f"var/tmp/virada-{UID}").iterdir())) == 2


def test_a_home_that_others_may_change(machine: Machine) -> None:
    """A cache that was made before is neither started nor mended there; a link of somebody else is not followed."""
    script = f"""
      virada --version && sed -i 's/^import os/print("exchanged"); import os/' ~/.cache/virada/*/start.py || exit 1
      virada --version | head -1; chmod g+w ~/.cache; virada --version; ls -d /var/tmp/virada-{UID}
    """
    ended = machine.run(script)
    told = [line.split()[0] for line in ended.out.splitlines()]
    assert ended.code == 0 and told == ["virada", "exchanged", "virada", f"/var/tmp/virada-{UID}"], ended
    linked = machine.root / "home/eva/link"
    linked.symlink_to("/home/ana/.cache")
    os.chown(linked, UID + 1, UID + 1, follow_symlinks=False)
    ended = machine.run("chmod g-w ~/.cache; virada --version", environ={"VIRADA_CACHE": "/home/eva/link/virada"})
    linked.unlink()
    _sentence(ended, "/home/eva/link/virada", "somebody else")


def test_no_place_at_all_is_one_sentence(machine: Machine) -> None:
    ended = machine.run(
        "virada --version",
        extra="for d in home/ana var/tmp tmp; do mount --bind $d $d; mount -o remount,bind,noexec $d; done",
    )
    _sentence(ended, "/home/ana/.cache/virada", "noexec", "/var/tmp/virada", "VIRADA_CACHE=DIR")


def test_full_disks_are_one_sentence_and_leave_nothing(machine: Machine) -> None:
    full = "for d in home/ana var/tmp tmp; do mount -t tmpfs -o size=5m,mode=1777 none $d; done"
    ended = machine.run("virada --version; code=$?; find ~ /var/tmp /tmp -type f; exit $code", extra=full)
    _sentence(ended, "No space left on device")
    assert ended.out == "", "what could not be unpacked whole is gone"


def test_a_full_temporary_directory_alone_hinders_nothing(machine: Machine) -> None:
    full = "mount -t tmpfs -o size=4k,mode=1777 none tmp; echo x > tmp/x || true"
    assert machine.run("virada --version", extra=full, environ={"TMPDIR": "/tmp"}).code == 0


def test_two_accounts_have_each_their_own(machine: Machine) -> None:
    """Both start for the first time at once, and neither can write what the other executes."""
    script = "(virada --version & virada --version & wait)"
    assert machine.run(script).out.count("virada ") == 2
    eva = machine.run("virada --version", uid=UID + 1, home="/home/eva")
    assert eva.code == 0
    assert (machine.root / "home/eva/.cache/virada").stat().st_uid == UID + 1
    taken = machine.root / "var/tmp" / f"virada-{UID}"
    taken.mkdir()
    os.chown(taken, UID + 1, UID + 1)
    ended = machine.run("virada --version", extra="mount --bind home/ana home/ana; mount -o remount,bind,ro home/ana")
    assert ended.code == 0 and not list(taken.iterdir()), "another's directory of this name is left alone"


def test_root_in_anothers_home_leaves_nothing_there(machine: Machine) -> None:
    ended = machine.run("virada --version", uid=0, home="/home/ana")
    assert ended.code == 0 and not list((machine.root / "home/ana").iterdir()), ended
    assert (machine.root / "var/tmp/virada-0").stat().st_mode & 0o777 == 0o700


def test_root_starts_an_engine_of_anothers_run_from_the_file(machine: Machine) -> None:
    """The account may read neither what root has unpacked nor where root's file lies."""
    script = """
      mkdir -m 700 /root/bin; cp /opt/virada/* /root/bin
      setpriv --reuid=1001 --regid=1001 --clear-groups env HOME=/home/ana virada demo --headless > /tmp/run
      run=$(head -1 /tmp/run); export VIRADA_HOME=/home/ana/.local/state/virada
      /root/bin/virada continue $run --owner ana --detach || exit 1
      for process in /proc/[0-9]*; do
        if tr '\\0' ' ' < $process/cmdline 2>/dev/null | grep -q -- "-m tui.engine .*$run"; then stat -c %u $process; fi
      done
    """
    ended = machine.run(script, uid=0, home="/root")
    assert ended.code == 0 and ended.out.split()[-1:] == [str(UID)], ended


def test_without_the_demos_file_the_demo_says_where_it_belongs(machine: Machine) -> None:
    there = machine.root / "opt/virada/virada-demo"
    away = there.rename(there.with_name("elsewhere"))
    try:
        ended = machine.run("virada demo --headless --autopilot")
        assert (
            ended.code != 0 and "lay the file virada-demo beside virada" in ended.err and "Traceback" not in ended.err
        )
        named = machine.run("virada demo --headless --autopilot", environ={"VIRADA_DEMO_FILE": "/opt/virada/virada"})
        assert "no demo file for this machine" in named.err and "Traceback" not in named.err
        told = machine.run(DEMO, environ={"VIRADA_DEMO_FILE": "/opt/virada/elsewhere"})
        assert told.code == 0, told.err[-2000:]
    finally:
        away.rename(there)
    _sentence(machine.run("virada-demo"), "beside virada", code=2)


def test_check_and_help_need_nothing(machine: Machine) -> None:
    (machine.root / "opt/bad.yaml").write_text("virada: 1\nname: [\n")
    assert machine.run("virada check /opt/bad.yaml").code == 2
    assert machine.run("virada --help").code == 0


def test_doctor_looks_at_the_machine(machine: Machine) -> None:
    if "doctor" not in machine.run("virada --help").out:
        pytest.skip("there is no doctor yet")
    ended = machine.run("virada doctor")
    assert "Traceback" not in ended.err + ended.out and "psql" in ended.out, ended
