"""What checks look at, and the codes among what they found and expected, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.said import N_

NAMES: Final[Mapping[str, str]] = {
    "access_database": N_("database"),
    "access_primary": N_("server"),
    "access_tls": N_("encryption"),
    "access_pooler": N_("pooler"),
    "access_tools": N_("programs"),
    "access_tables": N_("privileges"),
    "access_schemas": N_("what is made"),
    "access_dump": N_("full dump"),
    "latency_s": N_("latency"),
    "archive_backlog": N_("WAL to archive"),
    "wal_kept_by_slots": N_("WAL kept by slot"),
    "window_defined": N_("window"),
    "window_ahead": N_("window's opening"),
    "window_clock": N_("clocks"),
    "window_length": N_("time needed"),
    "window_rollback": N_("time to go back"),
    "rollback_present": N_("ways back"),
    "rollback_sealed": N_("sealed files"),
    "rollback_rehearsed": N_("rehearsed undos"),
    "rollback_duration": N_("duration of the rollback"),
}
"""Rows whose name is no key of the plan."""

FOUND: Final[Mapping[str, Mapping[str, str]]] = {
    "access_primary": {"primary": N_("primary"), "standby": N_("standby")},
    "access_tls": {
        "encrypted": N_("encrypted"), "not_demanded": N_("not demanded"), "socket": N_("a socket of this host"),
        "none": N_("not encrypted"), "gssapi": "GSSAPI",
    },
    "access_pooler": {
        "none": N_("none"), "session": N_("in session mode"), "transaction": N_("in transaction mode"),
        "statement": N_("in statement mode"), "unknown": N_("not known"),
    },
    "access_tables": {"there": N_("they are there"), "missing": N_("it does not exist")},
    "disk": {"missing": N_("it does not exist")},
    "window_ahead": {"ahead": N_("ahead"), "open": N_("it is open"), "over": N_("it is over")},
    "window_clock": {"no_change": N_("they do not change"), "change": N_("they change")},
    "staging": {
        "rehearsed": N_("rehearsed"), "this_run": N_("this run is the rehearsal"), "too_old": N_("too long ago"),
        "not_to_its_end": N_("not to its end"), "other_work": N_("other work was rehearsed"),
        "nothing": N_("never rehearsed"),
    },
    "rollback_rehearsed": {"this_run": N_("this run is the rehearsal")},
    "rollback_duration": {"known": N_("known"), "this_run": N_("this run is the rehearsal")},
    "monitoring": {
        "source": N_("a source"), "criteria": N_("success criteria"), "nothing": N_("nothing"),
        "left_to_a_person": N_("a person"),
    },
}  # fmt: skip
"""By the row's name."""
