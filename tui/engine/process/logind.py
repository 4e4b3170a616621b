"""Whether the engine would survive the end of the login in which it is started, and how to make it.

logind ends what a login session leaves behind where KillUserProcesses says so; the service manager of an account ends
what it runs after the account's last logout unless the account lingers. The decision is pure; `probe` gathers facts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Literal

from msgspec import Struct

from tui.runs.person import account_name

_TIMEOUT = 2.0
_LINGER = Path("/var/lib/systemd/linger")
_LOGINDS = ("/run/systemd/seats", "/run/systemd/sessions")
_SESSION = re.compile(r"/user-(\d+)\.slice/session-[^/]+\.scope")
_MANAGER = re.compile(r"/user@(\d+)\.service(?:/|$)", re.MULTILINE)

Way = Literal["plain", "user_scope", "system_scope", "refuse"]


class LogindFacts(Struct, frozen=True, kw_only=True):
    """`session_of` and `manager_of`: the account in whose login session, or under whose service manager, this process
    runs; `looked` is False where the kernel did not tell whose processes it counts this one among. `kill`, `kill_only`,
    `kill_exclude`: logind's settings; `kill` is None where they could not be asked.
    """

    uid: int
    user: str
    looked: bool = True
    session_of: str | None = None
    manager_of: str | None = None
    kill: bool | None = None
    kill_only: tuple[str, ...] = ()
    kill_exclude: tuple[str, ...] = ()
    lingers: bool = False
    manager_lingers: bool = False
    systemd_run: bool = False


class Survival(Struct, frozen=True):
    """How to start: as it is, in a scope of the account's or the system's manager, or not at all.

    `reason`: `safe`, `killed_at_logout`, `ends_with_manager`, `unknown`; `command` is what a refused person can run.
    """

    way: Way
    reason: str = "safe"
    command: str | None = None


def decide(facts: LogindFacts) -> Survival:
    """How an engine started under these facts survives the logout."""
    if facts.session_of is not None:
        if facts.kill is None:
            return Survival("plain", "unknown")
        if not _killed(facts, facts.session_of):
            return Survival("plain")
        if facts.systemd_run and facts.uid == 0:
            return Survival("system_scope", "killed_at_logout")
        if facts.systemd_run and facts.lingers:
            return Survival("user_scope", "killed_at_logout")
        return Survival("refuse", "killed_at_logout", f"loginctl enable-linger {facts.user}")
    if facts.manager_of is not None and not facts.manager_lingers:
        if facts.systemd_run and facts.uid == 0:
            return Survival("system_scope", "ends_with_manager")
        if facts.systemd_run and facts.lingers:
            return Survival("user_scope", "ends_with_manager")
        # A desktop's terminal: refusing here would refuse everyone who tries the demo at a desk.
        return Survival("plain", "ends_with_manager", f"loginctl enable-linger {facts.user}")
    return Survival("plain", "safe" if facts.looked else "unknown")


def wrap(way: Way, argv: list[str]) -> list[str]:
    """The command that starts `argv` in its own scope; systemd-run then becomes it, with the same process id."""
    if way == "user_scope":
        return ["systemd-run", "--user", *_SCOPE, *argv]
    if way == "system_scope":
        return ["systemd-run", *_SCOPE, *argv]
    return argv


_SCOPE = ("--scope", "--quiet", "--collect", "--no-ask-password", "--")


def probe(proc: Path = Path("/proc/self")) -> LogindFacts:
    """The facts about this process. Takes no longer than two seconds for each question put to logind, and asks only
    where the process belongs to a login session.
    """
    uid = os.getuid()
    user = account_name(uid)
    cgroup = _cgroup(proc)
    session_of, manager_of = owners(cgroup or "")
    if session_of is None and manager_of is None and os.environ.get("XDG_SESSION_ID") and _has_logind():
        session_of = user
    if session_of is None and manager_of is None:
        return LogindFacts(uid=uid, user=user, looked=cgroup is not None)
    kill, only, exclude = _settings() if session_of is not None else (None, (), ())
    return LogindFacts(
        uid=uid,
        user=user,
        session_of=session_of,
        manager_of=manager_of,
        kill=kill,
        kill_only=only,
        kill_exclude=exclude,
        lingers=_lingers(user),
        manager_lingers=manager_of is not None and _lingers(manager_of),
        systemd_run=shutil.which("systemd-run") is not None,
    )


def owners(cgroup: str) -> tuple[str | None, str | None]:
    """The accounts of the login session and of the service manager that the text of /proc/PID/cgroup names.

    sudo drops XDG_SESSION_ID and keeps the control group: the group is what logind kills by.
    """
    session, manager = _SESSION.search(cgroup), _MANAGER.search(cgroup)
    return (account_name(int(session[1])) if session else None, account_name(int(manager[1])) if manager else None)


def parse_settings(text: str) -> tuple[bool | None, tuple[str, ...], tuple[str, ...]]:
    """What busctl prints for KillUserProcesses, KillOnlyUsers and KillExcludeUsers, a line each."""
    lines = text.splitlines()
    if len(lines) != 3 or not lines[0].startswith("b "):
        return None, (), ()
    only, exclude = (tuple(re.findall(r'"([^"]*)"', line)) for line in lines[1:])
    return lines[0] == "b true", only, exclude


def _killed(facts: LogindFacts, user: str) -> bool:
    # In logind's own order: exclusion first (root unless configured), then the list of users, then the switch.
    if user in (facts.kill_exclude or ("root",)):
        return False
    return user in facts.kill_only if facts.kill_only else bool(facts.kill)


def _settings() -> tuple[bool | None, tuple[str, ...], tuple[str, ...]]:
    names = ["KillUserProcesses", "KillOnlyUsers", "KillExcludeUsers"]
    where = ["org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"]
    try:
        answer = subprocess.run(
            ["busctl", "--system", "get-property", *where, *names],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None, (), ()
    return parse_settings(answer.stdout.decode("utf-8", "replace")) if answer.returncode == 0 else (None, (), ())


def _lingers(user: str) -> bool:
    return os.access(_LINGER / user, os.F_OK)


def _has_logind() -> bool:
    return any(os.access(path, os.F_OK) for path in _LOGINDS)


def _cgroup(proc: Path) -> str | None:
    """The text of its `cgroup`: none of it from a kernel that has no control groups, None where it cannot be read."""
    try:
        return (proc / "cgroup").read_text(errors="replace")
    except FileNotFoundError:
        return "" if os.access(proc / "stat", os.F_OK) else None
    except OSError:
        return None
