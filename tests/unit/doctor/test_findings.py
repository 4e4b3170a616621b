"""What is said of a machine, by real situations of this one: directories, environments, sockets, files."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from tests.acceptance.station import await_condition
from tui.doctor import home, locale, moments, program, reach, survival, terminal, tools
from tui.doctor.examined import Examined
from tui.engine.process.logind import LogindFacts
from tui.words.said import say


def by_name(found: object) -> dict[str, Examined]:
    return {one.name: one for one in found}  # type: ignore[attr-defined]


def state(found: Examined) -> tuple[str, str]:
    return found.state, found.code


@pytest.mark.parametrize(
    ("mode", "told"),
    [(0o2750, ("ok", "own")), (0o3770, ("ok", "own")), (0o777, ("fail", "open_to_all")), (0o1777, ("ok", "own"))],
)
def test_the_modes_of_a_home(mode: int, told: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "home"
    place.mkdir()
    place.chmod(mode)
    monkeypatch.setenv("VIRADA_HOME", str(place))
    found = by_name(home.look())
    assert state(found["home"]) == told
    assert found["home"].facts["mode"] == f"{mode:04o}"
    assert [state(found[f"home.{name}"])[0] for name in ("durable", "lock", "socket")] == ["ok", "ok", "ok"]
    assert list(place.iterdir()) == [], "what was tried is removed"


def test_only_a_directory_of_runs_is_advised_to_be_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is typed into a shell; what others share for something else stays open, and no run goes there."""
    place = tmp_path / "a $(id) b"
    place.mkdir()
    place.chmod(0o777)
    monkeypatch.setenv("VIRADA_HOME", str(place))

    def advised() -> str:
        todo = by_name(home.look())["home"].todo
        assert todo is not None
        return say(todo)

    assert advised() == f"Close it: chmod o-w '{place}'"
    (place / "payroll.xls").write_text("")
    assert "chmod" not in advised() and "VIRADA_HOME" in advised()
    (place / "runs").mkdir()
    assert advised() == f"Close it: chmod o-w '{place}'"
    (place / "runs").chmod(0o777)
    place.chmod(0o755)
    assert advised() == f"Close it: chmod o-w '{place}/runs'"
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    owner = pwd.getpwuid(os.getuid()).pw_name
    if os.getuid() == 0:
        assert advised() == f"Have {owner} close it: chmod o-w '{place}/runs'"


def test_a_home_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path / "not" / "there"))
    assert state(by_name(home.look())["home"]) == ("ok", "will_be_made")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path / "file"))
    assert state(by_name(home.look())["home"]) == ("fail", "no_directory")
    (tmp_path / "runs").mkdir(mode=0o777)
    (tmp_path / "runs").chmod(0o777)
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
    assert state(by_name(home.look())["home"]) == ("fail", "runs_open_to_all")


def test_a_long_path_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path.joinpath(*["a" * 60] * 3)
    place.mkdir(parents=True)
    monkeypatch.setenv("VIRADA_HOME", str(place))
    assert state(by_name(home.look())["home.socket"]) == ("ok", "works")


def test_the_filesystem_of_a_place() -> None:
    assert home.filesystem_of(Path("/proc")) == "proc"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"LANG": "C.UTF-8"}, ("ok", "utf8")),
        ({"LANG": "C"}, ("warn", "not_utf8")),
        ({}, ("warn", "not_utf8")),
        ({"LANG": "C.UTF-8", "LC_ALL": "POSIX"}, ("warn", "not_utf8")),
        ({"LANG": "xx_YY.UTF-8"}, ("warn", "not_there")),
    ],
)
def test_the_locale(environment: dict[str, str], told: tuple[str, str]) -> None:
    assert state(next(locale.look(environment))) == told


@pytest.mark.parametrize(
    ("environment", "advised"),
    [
        ({}, "LANG"),
        ({"LANG": "C", "LC_ALL": ""}, "LANG"),
        ({"LANG": "C.UTF-8", "LC_CTYPE": "C"}, "LC_CTYPE"),
        ({"LANG": "C.UTF-8", "LC_CTYPE": "C.UTF-8", "LC_ALL": "C"}, "LC_ALL"),
    ],
)
def test_the_variable_that_is_in_force_is_the_one_to_set(environment: dict[str, str], advised: str) -> None:
    found = next(locale.look(environment))
    assert found.todo is not None and say(found.todo) == f"Set a locale of UTF-8: export {advised}=C.UTF-8"
    assert state(next(locale.look({**environment, advised: "C.UTF-8"}))) == ("ok", "utf8"), "and then it is"


def test_time(monkeypatch: pytest.MonkeyPatch) -> None:
    found = by_name(moments.look({}))
    assert found["zones"].state == "ok" and found["zones.local"].state == "ok"
    assert found["clock"].code in ("synchronised", "not_synchronised", "not_told")
    assert state(by_name(moments.look({"TZ": "Nowhere/At_All"}))["zones.local"]) == ("warn", "unknown_zone")
    for zone in ("America/Sao_Paulo", ":UTC", "BRT3", "<-03>3", "/etc/localtime"):
        assert by_name(moments.look({"TZ": zone}))["zones.local"].state == "ok"


def test_programs(tmp_path: Path) -> None:
    empty = by_name(tools.look({"PATH": str(tmp_path)}))
    assert state(empty["tools.zstd"]) == state(empty["tools.pgbench"]) == ("warn", "missing")
    assert empty["tools.zstd"].todo is not None
    for name, text in (("pgbench", "echo 'pgbench (PostgreSQL) 16.2'"), ("pg_basebackup", "echo broken >&2; exit 3")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    found = by_name(tools.look({"PATH": str(tmp_path)}))
    assert found["tools.pgbench"].facts["major"] == 16
    assert state(found["tools.pg_basebackup"]) == ("unknown", "no_version")
    assert found["tools.pg_basebackup"].facts["reason"] == "broken"


def test_keys_that_go_away(tmp_path: Path) -> None:
    def agent(**environment: str) -> tuple[str, str]:
        return state(by_name(reach.look({"HOME": str(tmp_path), **environment}))["ssh.agent"])

    path = str(tmp_path / "agent")
    assert agent() == ("ok", "none")
    assert agent(SSH_AUTH_SOCK=path) == ("warn", "gone")
    for other in (tmp_path, Path(os.devnull)):
        assert agent(SSH_AUTH_SOCK=str(other)) == ("warn", "no_socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        assert agent(SSH_AUTH_SOCK=path) == ("warn", "gone"), "a socket that an ended agent has left"
    Path(path).unlink()
    with subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL) as real:
        try:
            await_condition(lambda: agent(SSH_AUTH_SOCK=path)[0] == "ok", "the agent listens")
            assert agent(SSH_AUTH_SOCK=path) == ("ok", "here")
            assert agent(SSH_AUTH_SOCK=path, SSH_CONNECTION="10.0.0.1 1 10.0.0.2 22") == ("warn", "forwarded")
        finally:
            real.terminate()


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"\0\0\0\x01\x05"])
def test_what_is_no_agent_is_not_taken_for_one(answer: bytes, tmp_path: Path) -> None:
    path = str(tmp_path / "other")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def serve() -> None:
            with listener.accept()[0] as client:
                client.recv(5)
                client.sendall(answer)

        served = threading.Thread(target=serve, daemon=True)
        served.start()
        found = by_name(reach.look({"HOME": str(tmp_path), "SSH_AUTH_SOCK": path}))["ssh.agent"]
        served.join(10)
    assert state(found) == ("warn", "no_answer")


def test_files_of_libpqs(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path)}
    assert "libpq.passwords" not in by_name(reach.look(environment))
    (tmp_path / ".pgpass").write_text("*:*:*:*:secret\n")
    (tmp_path / ".pgpass").chmod(0o644)
    found = by_name(reach.look(environment))["libpq.passwords"]
    assert state(found) == ("fail", "ignored") and "secret" not in str(found)
    (tmp_path / ".pgpass").chmod(0o600)
    (tmp_path / ".pg_service.conf").write_text("[app-prod]\nhost=db1\npassword=secret\n")
    assert "libpq.passwords" not in by_name(reach.look({"PGPASSFILE": os.devnull})), "nobody changes its mode"
    found = by_name(reach.look(environment))["libpq.services"]
    assert found.facts["services"] == ["app-prod"] and "secret" not in str(found)
    gone = by_name(reach.look({"PGSERVICEFILE": str(tmp_path / "gone")}))["libpq.services"]
    assert state(gone) == ("fail", "unreadable")


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, ("ok", "stays")),
        ({"looked": False}, ("unknown", "not_seen")),
        ({"session_of": "ana"}, ("unknown", "not_told")),
        ({"session_of": "ana", "kill": False}, ("ok", "stays")),
        ({"session_of": "ana", "kill": True}, ("fail", "killed_at_logout")),
        ({"session_of": "ana", "kill": True, "lingers": True, "systemd_run": True}, ("ok", "own_scope")),
        ({"manager_of": "ana"}, ("warn", "ends_with_manager")),
    ],
)
def test_an_engine_behind_a_logout(facts: dict[str, object], told: tuple[str, str]) -> None:
    found = by_name(survival.look(LogindFacts(uid=1000, user="ana", **facts)))  # type: ignore[arg-type]
    assert state(found["engine.logout"]) == told
    todo = found["engine.logout"].todo
    assert told[0] == "ok" or (todo is not None and "ana" in say(todo)), "whose account it is, is said"
    assert found["engine.machine"].code in ("container", "machine", "not_told")


def test_multiplexers() -> None:
    def told(**environment: str) -> str:
        return by_name(terminal.look(environment))["terminal.multiplexer"].code

    assert told(TMUX="/tmp/tmux-0/default,1,0", SSH_CONNECTION="a") == "tmux"
    assert (told(STY="1.pts"), told(SSH_CONNECTION="a"), told()) == ("screen", "ssh", "none")


def test_this_installation_is_whole() -> None:
    found = by_name(program.look())
    assert found["installation"].state == "ok" and found["python"].facts["executable"]
