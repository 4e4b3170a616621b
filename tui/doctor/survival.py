"""Whether an engine that is started here lives on when the person who started it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tui.doctor.examined import Examined, examined
from tui.engine.process.logind import LogindFacts, decide, probe
from tui.said import N_

_INITS: Final = ("systemd", "init", "runit", "s6-svscan", "openrc-init", "launchd")
_MARKS: Final = (Path("/.dockerenv"), Path("/run/.containerenv"))


def look(facts: LogindFacts | None = None) -> Iterator[Examined]:
    """What logind does at a logout, and what the first process of this machine, or container, is."""
    yield _logout(probe() if facts is None else facts)
    yield _container()


def _logout(facts: LogindFacts) -> Examined:
    found = decide(facts)
    told = {"way": found.way, "session_of": facts.session_of or "", "manager_of": facts.manager_of or ""}
    if found.way == "refuse":
        return examined(
            "engine.logout", "fail", "killed_at_logout",
            N_("logind ends what this login starts, so that no engine starts"),
            N_("Let processes of this account stay: {command}"), **told, command=found.command,
        )  # fmt: skip
    if found.reason == "unknown":
        said = N_("logind does not tell whether it ends processes at a logout")
        if not facts.looked:
            said = N_("/proc/self/cgroup cannot be read: whether a logout ends what this login starts is not known")
        return examined(
            "engine.logout", "unknown", "not_told" if facts.looked else "not_seen", said,
            N_(
                "Ask by hand whether {user} is listed and what is killed: ls /var/lib/systemd/linger; "
                "systemd-analyze cat-config systemd/logind.conf"
            ),
            **told, user=facts.user,
        )  # fmt: skip
    if found.way in ("user_scope", "system_scope"):
        return examined(
            "engine.logout", "ok", "own_scope", N_("an engine gets a scope of its own, which no logout ends"),
            **told,
        )  # fmt: skip
    if found.reason == "ends_with_manager":
        return examined(
            "engine.logout", "warn", "ends_with_manager", N_("an engine would end with this account's last logout"),
            N_("Let processes of this account stay: {command}"), **told, command=found.command,
        )  # fmt: skip
    return examined("engine.logout", "ok", "stays", N_("an engine stays when this login ends"), **told)


def _container() -> Examined:
    try:
        first = Path("/proc/1/comm").read_text().strip()
    except OSError as error:
        return examined(
            "engine.machine", "unknown", "not_told", N_("what the first process here is cannot be seen: {reason}"),
            N_("An engine ends when the machine, or its container, does."), reason=error.strerror or "",
        )  # fmt: skip
    if any(mark.exists() for mark in _MARKS) or first not in _INITS:
        return examined(
            "engine.machine", "warn", "container",
            N_("the first process here is {first}, no init that is known: an engine ends with it"),
            N_("In a container: keep it while the run lasts, and VIRADA_HOME on a volume of its host's."), first=first,
        )  # fmt: skip
    return examined(
        "engine.machine",
        "ok",
        "machine",
        N_("an engine lives until {first} ends"),
        first=first,
    )
