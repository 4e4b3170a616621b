"""Every code that a run may journal: outcomes, effects, fates, and their reasons. Codes are neutral; words are put to
them where they are shown.

Each member says something that can be false, so each has a test that makes it false and asserts that it is not said
(`@pytest.mark.unsaid(...)`); `tests/unit/test_codes.py` names the members without one. Readers take codes as text:
a journal of another version may hold others.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from tui.journal.facts import Fact


class Outcome(StrEnum):
    """How an attempt ended: the second half of its event's type."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    SIGNED = "signed"
    BY_HAND = "by_hand"
    CANCELLED = "cancelled"
    UNDONE = "undone"


class EffectCode(StrEnum):
    """What of a step is in the database."""

    ALL = "all"
    SOME = "some"
    NONE = "none"
    UNKNOWN = "unknown"


class FateCode(StrEnum):
    """What became of an attempt that nobody saw the end of."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    STILL_RUNNING = "still_running"
    UNDECIDED = "undecided"


class FateReason(StrEnum):
    """By what a fate was decided, or why it could not be."""

    ACKNOWLEDGED_COMMIT_LOST = "acknowledged_commit_lost"
    ATTEMPT_KEY_HELD = "attempt_key_held"
    BACKEND_ALIVE = "backend_alive"
    BACKEND_NOT_VISIBLE = "backend_not_visible"
    CATALOGUE = "catalogue"
    CHANGES_NOTHING = "changes_nothing"
    CLEANED_UP = "cleaned_up"
    CLEANUP_FAILED = "cleanup_failed"
    COMMIT_JOURNALED = "commit_journaled"
    COMMITTED_WITHOUT_LEDGER_ROW = "committed_without_ledger_row"
    DISPROVED = "disproved"
    ERROR = "error"
    EVIDENCE_LOST = "evidence_lost"
    EXIT_STATUS = "exit_status"
    JOURNAL_BEHIND = "journal_behind"
    LEDGER_ROW = "ledger_row"
    LEDGER_ROWS_MISSING = "ledger_rows_missing"
    LEDGER_UNREADABLE = "ledger_unreadable"
    NO_CLEANUP = "no_cleanup"
    NO_LEDGER_ROW = "no_ledger_row"
    NO_PROOF = "no_proof"
    NO_XID = "no_xid"
    ONE_OF_MANY = "one_of_many"
    NOT_REPEATABLE = "not_repeatable"
    NOT_THE_PRIMARY = "not_the_primary"
    NOTHING_SENT = "nothing_sent"
    OTHER_DATABASE = "other_database"
    OTHER_SERVER = "other_server"
    OTHER_TIMELINE = "other_timeline"
    PINNED_XID_LOST = "pinned_xid_lost"
    PLAN_CHANGED = "plan_changed"
    PREPARED = "prepared"
    POOLER = "pooler"
    PROOF_UNANSWERED = "proof_unanswered"
    PROVED = "proved"
    REPEATABLE = "repeatable"
    SERVER_UNREACHABLE = "server_unreachable"
    TRANSACTION_LEFT = "transaction_left"
    XID_ABORTED = "xid_aborted"
    XID_COMMITTED = "xid_committed"
    XID_IN_PROGRESS = "xid_in_progress"
    XID_IN_THE_FUTURE = "xid_in_the_future"
    XID_MAY_BE_REUSED = "xid_may_be_reused"
    XID_NEVER_FLUSHED = "xid_never_flushed"
    XID_REUSED = "xid_reused"
    XID_TOO_OLD = "xid_too_old"


class HoldReason(StrEnum):
    """Why the engine holds a run: what answers is not the run's target as it left it; `OTHER_RUN`: another run is in
    the way there."""

    EVIDENCE_LOST = "evidence_lost"
    JOURNAL_BEHIND = "journal_behind"
    LEDGER_EMPTIED = "ledger_emptied"
    NOT_THE_PRIMARY = "not_the_primary"
    OTHER_DATABASE = "other_database"
    OTHER_RUN = "other_run"
    OTHER_SERVER = "other_server"
    OTHER_TIMELINE = "other_timeline"


class EvidenceState(StrEnum):
    """What was seen of a run's last evidence; `TOO_OLD`: the server has forgotten the id, which says nothing."""

    LEDGER_ROW = "ledger_row"
    LEDGER_ROWS_MISSING = "ledger_rows_missing"
    LOG_BEHIND = "log_behind"
    NOTHING_COMMITTED = "nothing_committed"
    OTHER_HISTORY = "other_history"
    TOO_OLD = "too_old"
    XID_COMMITTED = "xid_committed"
    XID_GIVEN_AGAIN = "xid_given_again"
    XID_LOST = "xid_lost"


class FailReason(StrEnum):
    """Why an attempt failed."""

    ASYNCHRONOUS_COMMIT = "asynchronous_commit"
    BACKEND_GONE = "backend_gone"
    BACKUP_DIRECTORY = "backup_directory"
    BACKUP_UNREADABLE = "backup_unreadable"
    CANCELLED = "cancelled"
    CHECK_FAILED = "check_failed"
    CONNECTION = "connection"
    DECODE_FAILED = "decode_failed"
    END_NOT_REACHED = "end_not_reached"
    ERRORS_IGNORED = "errors_ignored"
    EXIT_STATUS = "exit_status"
    GUARD_BREACHED = "guard_breached"
    HASH_DIFFERS = "hash_differs"
    LIST_FAILED = "list_failed"
    LEFTOVER = "leftover"
    NEEDS_SIGNATURE = "needs_signature"
    NO_BACKUP = "no_backup"
    NOT_A_STANDBY = "not_a_standby"
    NOT_ANSWERED = "not_answered"
    NO_SPACE = "no_space"
    NOT_AS_EXPECTED = "not_as_expected"
    NOT_CARRIED_OUT = "not_carried_out"
    NOT_IN_BACKUP = "not_in_backup"
    NOT_MEASURED = "not_measured"
    NOT_PROVED = "not_proved"
    NOT_STARTED = "not_started"
    OTHER_SERVER = "other_server"
    OUT_OF_MEMORY = "out_of_memory"
    PLAN_CHANGED = "plan_changed"
    PROGRAM_LOST = "program_lost"
    READ_ONLY = "read_only"
    RESTORE_FAILED = "restore_failed"
    RESTORE_FORBIDDEN = "restore_forbidden"
    ROWS_MISSING = "rows_missing"
    ROLE_CHANGED = "role_changed"
    SCRATCH_EXISTS = "scratch_exists"
    SCRATCH_FAILED = "scratch_failed"
    SCRATCH_FORBIDDEN = "scratch_forbidden"
    SESSION_REPLACED = "session_replaced"
    ROWS_LEFT = "rows_left"
    ROWS_UNCOUNTED = "rows_uncounted"
    SESSION_STATE_LOST = "session_state_lost"
    TERMINATED = "terminated"
    TIME_LIMIT = "time_limit"
    SIGNALLED = "signalled"
    SQL_ERROR = "sql_error"
    STANDBY_BEHIND = "standby_behind"
    TIMEOUT = "timeout"
    TOTAL_ERROR = "total_error"
    TRANSACTION_LEFT = "transaction_left"
    TRANSACTION_OPEN = "transaction_open"


class WaitReason(StrEnum):
    """Why a running step waits; `NONE`: it waits no longer."""

    NONE = ""
    ATTEMPT_KEY_HELD = "attempt_key_held"
    BACKEND_ALIVE = "backend_alive"
    BACKEND_GONE = "backend_gone"
    BLOCKS_OTHERS = "blocks_others"
    CANCEL_UNHEARD = "cancel_unheard"
    CONNECTION_STALLED = "connection_stalled"
    LAG_UNKNOWN = "lag_unknown"
    LOCK = "lock"
    LOCK_RETRY = "lock_retry"
    OLD_TRANSACTION = "old_transaction"
    OTHER_TARGET = "other_target"
    PROOF_UNANSWERED = "proof_unanswered"
    REPLICATION_LAG = "replication_lag"
    SERVER_UNREACHABLE = "server_unreachable"
    STANDBY_BEHIND = "standby_behind"
    SYNCHRONOUS_STANDBY = "synchronous_standby"
    TARGET_KEY = "target_key"
    TARGET_SILENT = "target_silent"
    THROTTLED_BY_GUARD = "throttled_by_guard"
    UNANSWERED = "unanswered"
    XID_IN_PROGRESS = "xid_in_progress"


class Replication(StrEnum):
    """What is not known of a commit; `UNCONFIRMED`: it is on the primary, and its wait for a standby was cut short."""

    UNCONFIRMED = "unconfirmed"


class CancelReason(StrEnum):
    """Why an attempt was ended before its end. `ENGINE` is never journaled: the next engine decides."""

    COMPANION = "companion"
    CONNECTION_LOST = "connection_lost"
    ENGINE = "engine"
    INTERRUPTED = "interrupted"
    OTHER_RUN = "other_run"
    OTHER_TARGET = "other_target"
    OUTSIDE_WINDOW = "outside_window"
    PERSON = "person"
    ROLLBACK = "rollback"
    SERVER_RESTARTED = "server_restarted"
    TIMEOUT = "timeout"


class SkipReason(StrEnum):
    """Why the engine left a step out; a person's reason is a text of their own."""

    HOST_ENDED = "host_ended"
    NOTHING_APPLIED = "nothing_applied"


class DriveReason(StrEnum):
    """Why the run no longer goes on by itself: a person came, took the helm, or gave a command that drives."""

    COMMANDED = "commanded"
    JOINED = "joined"
    TAKEN = "taken"


class Incomparable(StrEnum):
    """Why a rehearsed duration says nothing of this run."""

    SIZES_DIFFER = "sizes_differ"
    SIZES_UNKNOWN = "sizes_unknown"


class TriggerReason(StrEnum):
    """Why a rollback was proposed."""

    ERRORS_UNRESOLVED = "errors_unresolved"
    GUARD_BREACHED = "guard_breached"
    STEP_FAILED = "step_failed"


class Standing(StrEnum):
    """Where another run on the same target stands. `ANNOUNCED`: it is in the way by its own word on the server, and its
    journal is not to be had; `UNREADABLE`: not even whether it is on this target is known."""

    ANNOUNCED = "announced"
    CHANGES_AHEAD = "changes_ahead"
    CHANGING = "changing"
    ENDED = "ended"
    ROLLBACK_FAILED = "rollback_failed"
    ROLLBACK_PROPOSED = "rollback_proposed"
    ROLLING_BACK = "rolling_back"
    UNDECIDED = "undecided"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"
    WATCHES = "watches"


class Unmeasured(StrEnum):
    """Why something that was to be watched was not measured."""

    LOG_BEHIND = "log_behind"
    LOG_GAP = "log_gap"
    LOG_NOT_FOLLOWED = "log_not_followed"
    LOG_UNCLEAR = "log_unclear"
    LOG_WITHOUT_ERRORS = "log_without_errors"
    LOG_WITHOUT_SQLSTATES = "log_without_sqlstates"
    NO_CRITERIA = "no_criteria"
    NO_LOG = "no_log"
    NO_REPLICA = "no_replica"
    NO_SAMPLES = "no_samples"
    SERVER_CRASHED = "server_crashed"
    UNKNOWN = "unknown"


class LeftOut(StrEnum):
    """Why something of a backup was not restored."""

    ASKED = "asked"
    NEEDS_SUPERUSER = "needs_superuser"
    ONE_DATABASE = "one_database"
    ON_LOGIN = "on_login"
    SETTING_REFUSED = "setting_refused"
    WOULD_ACT_ELSEWHERE = "would_act_elsewhere"


FAMILIES: tuple[type[StrEnum], ...] = (
    Outcome, EffectCode, FateCode, FateReason, HoldReason, EvidenceState, FailReason, WaitReason, CancelReason,
    DriveReason, Replication, SkipReason, TriggerReason, Standing, Unmeasured, LeftOut, Incomparable,
    Fact,
)  # fmt: skip
"""All of them, for the tests that hold each member against the tests marked with it."""


class Objection(StrEnum):
    LAG_UNKNOWN = "lag-unknown"
    LEDGER = "ledger"
    LOG_NOT_MEASURED = "log-not-measured"
    NO_CREATEDB = "no-createdb"
    NO_DIRECTORY = "no-directory"
    NO_MEMBER = "no-member"
    NO_PROGRAM = "no-program"
    NO_REHEARSAL = "no-rehearsal"
    NO_ROLE = "no-role"
    NO_ROOM = "no-room"
    NO_STANDBY = "no-standby"
    NO_VARIABLE = "no-variable"
    NOTHING_MEASURED = "nothing-measured"
    OLD_PROGRAM = "old-program"
    OTHER_RUN = "other-run"
    PLACEHOLDER = "placeholder"
    POOLER = "pooler"
    SERVER_VERSION = "server-version"
    STANDBY = "standby"
    TARGET_UNREACHABLE = "target-unreachable"
    WINDOW_PAST = "window-past"


NEVER_IN_SPITE: Final = frozenset({Objection.TARGET_UNREACHABLE, Objection.STANDBY, Objection.OTHER_RUN})
"""Who the target is, and that it can be changed at all: in spite of these no run opens. Beside another run one
opens for a reason (`--beside`)."""
