"""Who answers is the target, or why it is not: each difference by itself, and which of several is told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tui.journal.codes import HoldReason
from tui.postgres.evidence.lineage import position
from tui.postgres.identity import TargetIdentity, difference

KNOWN = TargetIdentity(
    system_identifier="7", timeline=1, database="app", database_oid=16384, server_version=150018,
    server_version_text="PostgreSQL 15.18", postmaster_start="2026-11-22T06:00:00.000000Z", in_recovery=False,
    host="db1", port=5432, synchronous_commit="on", synchronous_standby_names="",
)  # fmt: skip
EXPECTED = msgspec.to_builtins(KNOWN)


def found(**changes: Any) -> TargetIdentity:
    return msgspec.structs.replace(KNOWN, **changes)


def test_a_restart_another_host_and_another_release_make_no_other_target() -> None:
    later = found(postmaster_start="2026-11-22T07:00:00.000000Z", host="db2", port=5433, server_version=150019)
    assert difference(EXPECTED, later) is None
    assert difference(EXPECTED, found(database="scratch", database_oid=9), database=False) is None


@pytest.mark.unsaid(
    HoldReason.OTHER_SERVER, HoldReason.NOT_THE_PRIMARY, HoldReason.OTHER_DATABASE, HoldReason.OTHER_TIMELINE
)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"system_identifier": "8"}, HoldReason.OTHER_SERVER),
        ({"system_identifier": "8", "timeline": 2, "in_recovery": True}, HoldReason.OTHER_SERVER),
        ({"in_recovery": True}, HoldReason.NOT_THE_PRIMARY),
        ({"in_recovery": True, "timeline": 2}, HoldReason.NOT_THE_PRIMARY),
        # Once it is promoted it is no standby any more.
        ({"in_recovery": False, "timeline": 2}, HoldReason.OTHER_TIMELINE),
        ({"database": "other"}, HoldReason.OTHER_DATABASE),
        ({"database_oid": 16385}, HoldReason.OTHER_DATABASE),
        ({"database_oid": 16385, "timeline": 2}, HoldReason.OTHER_DATABASE),
        ({"timeline": 2}, HoldReason.OTHER_TIMELINE),
    ],
    ids=str,
)
def test_each_difference_is_called_by_its_name(changes: dict[str, Any], reason: HoldReason) -> None:
    assert difference(EXPECTED, found(**changes)) == reason


def test_an_identity_of_which_nothing_is_known_is_nobody_s() -> None:
    assert difference({}, KNOWN) == HoldReason.OTHER_SERVER


@pytest.mark.parametrize(
    ("text", "number"),
    [("0/0", 0), ("0/16B3748", 0x16B3748), ("1/0", 1 << 32), ("A/FF", (10 << 32) | 255), ("", 0), ("x/y", 0)],
)
def test_places_in_the_log_are_ordered(text: str, number: int) -> None:
    assert position(text) == number
