"""What is said of a machine, by real situations of this one: directories, environments, sockets, files."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tui.doctor import home, locale, moments, program, reach, survival, terminal, tools
from tui.doctor.examined import Examined
from tui.engine.process.logind import LogindFacts


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
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        assert agent(SSH_AUTH_SOCK=path) == ("ok", "here")
        assert agent(SSH_AUTH_SOCK=path, SSH_CONNECTION="10.0.0.1 1 10.0.0.2 22") == ("warn", "forwarded")


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
    assert found["engine.machine"].code in ("container", "machine", "not_told")


def test_multiplexers() -> None:
    def told(**environment: str) -> str:
        return by_name(terminal.look(environment))["terminal.multiplexer"].code

    assert told(TMUX="/tmp/tmux-0/default,1,0", SSH_CONNECTION="a") == "tmux"
    assert (told(STY="1.pts"), told(SSH_CONNECTION="a"), told()) == ("screen", "ssh", "none")


def test_this_installation_is_whole() -> None:
    found = by_name(program.look())
    assert found["installation"].state == "ok" and found["python"].facts["executable"]
