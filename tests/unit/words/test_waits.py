"""Why a step waits, in words: whoever holds its lock is named, with a session or without one."""

from __future__ import annotations

import pytest

import tui.locale
from tui.console.words import session_words, waiting_sentence
from tui.plain.words import wait_words

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
    assert wait_words("lock", facts) == f"waits for a lock ({held})"
    assert waiting_sentence("lock", facts) == f"waiting for a lock on app.orders, {held}"
    assert session_words(PREPARED) == r"the prepared transaction pay\x1b-17, prepared 3 h 01 min ago"
    assert "pid" not in waiting_sentence("lock_retry", {"try": 1, "of": 2, "pause_s": 0.1, "blockers": [PREPARED]})


def test_a_session_is_named_by_its_pid() -> None:
    session = {"pid": 4711, "user": "ana", "application": "psql", "state": "idle in transaction", "waits_for": []}
    waits = {"pid": 12, "user": "app", "waits_for": [4711]}
    facts = {"blockers": [waits, session]}
    assert wait_words("lock", facts) == "waits for a lock (held by pid 4711, ana, psql, idle in transaction)"
    assert wait_words("lock", {"blockers": [7]}) == "waits for a lock"


SINCE = {"since": "2026-12-05T22:03:15Z"}


@pytest.mark.parametrize(
    ("reason", "facts", "said"),
    [
        ("target_silent", SINCE, "the target has not answered since 22:03:15 UTC"),
        ("target_silent", {"since": "\x1b[2J"}, r"the target has not answered since \x1b[2J"),
        ("target_silent", {}, "the target has not answered since ?"),
        ("cancel_unheard", SINCE, "its end is asked for since 22:03:15 UTC, and the target does not hear it"),
        (
            "synchronous_standby", {"standbys": "ANY 1 (a, b)"},
            "its commit is on this server, and waits for the synchronous standby ANY 1 (a, b)",
        ),
    ],
)  # fmt: skip
def test_a_target_that_does_not_answer(reason: str, facts: dict[str, str], said: str) -> None:
    assert wait_words(reason, facts) == waiting_sentence(reason, facts) == said
