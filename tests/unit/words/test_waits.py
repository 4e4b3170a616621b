"""Why a step waits, in words: whoever holds its lock is named, with a session or without one."""

from __future__ import annotations

from typing import Any

import pytest

import tui.locale
from tui.words.waiting import session_words, wait_words

PREPARED = {
    "pid": 0, "gid": "pay\x1b-17", "side": "blocks_us", "waits_for": [], "user": "ana", "transaction_age_s": 10860.0,
    "state": "prepared transaction",
}  # fmt: skip
OURS = {"pid": 7, "side": "ours", "waits_for": [0], "wanted": "ShareLock app.orders"}


@pytest.fixture(autouse=True)
def english() -> None:
    tui.locale.use("en")


def test_a_prepared_transaction_is_named_by_its_gid_and_age() -> None:
    facts = {"ours": [OURS], "blockers": [PREPARED]}
    held = r"held by the prepared transaction pay\x1b-17, prepared 3 h 01 min ago"
    assert wait_words("lock", facts) == f"waits for a lock on app.orders, {held}"
    assert session_words(PREPARED) == r"the prepared transaction pay\x1b-17, prepared 3 h 01 min ago"
    assert "pid" not in wait_words("lock_retry", {"try": 1, "of": 2, "pause_s": 0.1, "blockers": [PREPARED]})


def test_a_session_is_named_by_its_pid() -> None:
    session = {
        "pid": 4711, "user": "ana", "application": "psql", "state": "idle in transaction", "state_age_s": 185,
        "transaction_age_s": 240, "waits_for": [],
    }  # fmt: skip
    waits = {"pid": 12, "user": "app", "waits_for": [4711]}
    who = "pid 4711, ana, psql, idle in transaction for 3 min"
    facts = {"blockers": [waits, session], "blocked_count": 2}
    assert wait_words("lock", facts) == f"waits for a lock, held by {who}; 2 sessions queue behind us"
    assert wait_words("lock", {"blockers": [7]}) == "waits for a lock"
    older = wait_words("old_transaction", facts)
    assert older == f"waits for a transaction older than its own to end: {who}, its transaction is open for 4 min"


SINCE = {"since": "2026-12-05T22:03:15Z"}


@pytest.mark.parametrize(
    ("reason", "facts", "said"),
    [
        ("target_silent", SINCE, "the target has not answered since 22:03:15 UTC"),
        ("target_silent", {"since": "\x1b[2J"}, r"the target has not answered since \x1b[2J"),
        ("target_silent", {}, "waits for the target, which does not answer"),
        ("cancel_unheard", SINCE, "its end is asked for since 22:03:15 UTC, and the target does not hear it"),
        (
            "synchronous_standby", {"standbys": "ANY 1 (a, b)"},
            "its commit is on this server, and waits for the synchronous standby ANY 1 (a, b)",
        ),
        (
            "throttled_by_guard", {"metric": "response_time", "value": 0.25},
            "pauses because response time is over its limit (250 ms)",
        ),
        (
            "lock_retry", {"try": 2, "of": 5, "pause_s": 0.5, "lock_timeout_s": 1},
            "did not get its lock; try 2 of 5, next in 0.5 s",
        ),
        ("backend_alive", {"pid": 12, "pinned": True, "ledger_used": False},
         "waits for its session, which is still at work (pid 12)"),
        (
            "proof_unanswered", {"tries": 3, "exception": "MemoryError"},
            "asks again whether its effect is there: there was no answer (tries 3, exception MemoryError)",
        ),
        (
            "proof_unanswered", {"message": "canceling", "wanted": "ShareLock app.orders", "blockers": [PREPARED]},
            r"asks again whether its effect is there; no answer yet: canceling; the lock on app.orders was held by the "
            r"prepared transaction pay\x1b-17, prepared 3 h 01 min ago",
        ),
        ("backend_gone", {"pid": 12}, "its session is gone from the server, and its connection did not tell"),
        ("of_a_newer_version", {"n": 3, "far\x1b": "x"}, r"waits: of_a_newer_version (n 3, far\x1b x)"),
    ],
)  # fmt: skip
def test_each_with_what_is_known(reason: str, facts: dict[str, Any], said: str) -> None:
    assert wait_words(reason, facts) == said
