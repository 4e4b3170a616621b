from __future__ import annotations

import pwd
from pathlib import Path

import pytest

from tui.engine.process.logind import LogindFacts, Survival, decide, owners, parse_settings, probe, wrap

ANA = LogindFacts(uid=1000, user="ana", session_of="ana", kill=True, systemd_run=True)
SERVICE = LogindFacts(uid=990, user="virada", session_of="ana", kill=True, systemd_run=True)
ROOT = LogindFacts(uid=0, user="root", session_of="root", kill=True, systemd_run=True)
DESK = LogindFacts(uid=1000, user="ana", manager_of="ana", systemd_run=True)


def but(facts: LogindFacts, **changes: object) -> LogindFacts:
    fields = {name: getattr(facts, name) for name in LogindFacts.__struct_fields__}
    return LogindFacts(**{**fields, **changes})


PLAIN = Survival("plain")
SCOPE = Survival("user_scope", "killed_at_logout")


def refused(user: str) -> Survival:
    return Survival("refuse", "killed_at_logout", f"loginctl enable-linger {user}")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (LogindFacts(uid=1000, user="ana"), PLAIN),
        (LogindFacts(uid=1000, user="ana", looked=False), Survival("plain", "unknown")),
        (but(ANA, kill=False), PLAIN),
        (but(ANA, kill=None), Survival("plain", "unknown")),
        (ANA, refused("ana")),
        (but(ANA, lingers=True), SCOPE),
        (but(ANA, lingers=True, systemd_run=False), refused("ana")),
        (but(ANA, kill_exclude=("root", "ana")), PLAIN),
        (but(ANA, kill_only=("bob",)), PLAIN),
        (but(ANA, kill=False, kill_only=("ana",)), refused("ana")),
        # Through sudo the session is killed as its owner's, and the scope is the service account's.
        (SERVICE, refused("virada")),
        (but(SERVICE, lingers=True), SCOPE),
        (but(SERVICE, kill_exclude=("ana",)), PLAIN),
        (ROOT, PLAIN),
        (but(ROOT, kill_exclude=("nobody",)), Survival("system_scope", "killed_at_logout")),
        (but(ROOT, session_of="ana"), Survival("system_scope", "killed_at_logout")),
        (but(DESK, manager_lingers=True), PLAIN),
        (DESK, Survival("plain", "ends_with_manager", "loginctl enable-linger ana")),
        (but(DESK, uid=990, user="virada", lingers=True), Survival("user_scope", "ends_with_manager")),
        (but(DESK, uid=0, user="root"), Survival("system_scope", "ends_with_manager")),
    ],
)
def test_decision(facts: LogindFacts, expected: Survival) -> None:
    assert decide(facts) == expected


def test_the_command_of_each_way() -> None:
    argv = ["/usr/bin/virada", "--engine"]
    assert wrap("plain", argv) == argv
    user, system = wrap("user_scope", argv), wrap("system_scope", argv)
    assert user[:3] == ["systemd-run", "--user", "--scope"]
    assert system[:2] == ["systemd-run", "--scope"]
    assert user[user.index("--") + 1 :] == system[system.index("--") + 1 :] == argv


def test_the_control_group_names_session_and_manager() -> None:
    root = pwd.getpwuid(0).pw_name
    session = "0::/user.slice/user-0.slice/session-3.scope\n"
    manager = "0::/user.slice/user-0.slice/user@0.service/app.slice/app-terminal.scope\n"
    legacy = "2:cpu:/\n1:name=systemd:/user.slice/user-0.slice/session-c1.scope\n"
    assert owners(session) == owners(legacy) == (root, None)
    assert owners(manager) == (None, root)
    assert owners("0::/system.slice/ssh.service\n") == owners("0::/\n") == owners("") == (None, None)


def test_what_the_kernel_does_not_tell_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_SESSION_ID", raising=False)
    assert decide(probe(tmp_path)) == Survival("plain", "unknown"), "there is no /proc"
    (tmp_path / "cgroup").mkdir()
    assert decide(probe(tmp_path)) == Survival("plain", "unknown")
    (tmp_path / "cgroup").rmdir()
    (tmp_path / "stat").touch()
    assert decide(probe(tmp_path)) == PLAIN, "a kernel without control groups: nothing is ended by them"
    (tmp_path / "cgroup").write_text("0::/system.slice/ssh.service\n")
    assert decide(probe(tmp_path)) == PLAIN


def test_what_busctl_prints() -> None:
    assert parse_settings("b true\nas 0\nas 0\n") == (True, (), ())
    assert parse_settings('b false\nas 2 "ana" "bob"\nas 1 "root"\n') == (False, ("ana", "bob"), ("root",))
    for text in ("", "b true\n", "Failed to get property\n\n\n"):
        assert parse_settings(text) == (None, (), ())
