"""Every code that a run may journal: outcomes, effects, fates, and their reasons. Codes are neutral; words are put to
them where they are shown. A code is its name in lower case, that of an objection has hyphens.

Each member says something that can be false, so each has a test that makes it false and asserts that it is not said
(`@pytest.mark.unsaid(...)`); `tests/unit/test_codes.py` names the members without one. Readers take codes as text:
a journal of another version may hold others.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

Fact = StrEnum(
    "Fact",
    """
ADDED AGAINST ANALYZED ANSWER ATTEMPT ATTESTED BACKEND_START BACKUP BASELINE BATCHES BECAUSE BEGUN_LSN BLOCKED
BLOCKED_COUNT BLOCKERS BREACHED BREACHED_BEFORE BREAKS_AT BY BYTES BY_HAND BY_STEP CHAIN CHANNEL CHECKS CHECKSUMS
CHECKSUMS_ERROR CLEANUP COLUMNS COMMIT COMPARED COMPRESS COMPRESSED CONCERNED CONNECTED CONNECTIONS COUNT
CRITICAL_ERRORS DAMAGED DAMAGED_ALL DAMAGED_AT DAMAGED_COUNT DAMAGED_LARGE_OBJECTS DAMAGED_TABLES DAMAGED_TABLES_COUNT
DATABASE DATABASE_BYTES DATABASE_OID DECODE_S DELIVERED DIFFERENCE DIFFERS DISK DOCUMENTS DONE ENCRYPTED EPOCH ERRNO
ERROR ERRORS EXCEPTION EXISTED EXIT_STATUS EXPECTED FAILED FATE FILE FILES FINGERPRINT FORMAT FOUND FROM GID GIVEN_UP
GLOBALS GRANTS HELD HELD_BY HOLDERS HOLDS_UP_TO HORIZON HOST HOURS IDENTITY JOBS KEPT_AS LAG_S LATE LEDGER LEDGER_ROW
LEDGER_USED LEDGER_WRITTEN LEDGER_XID LEFT LEFTOVERS LEFT_KEYS LEFT_OUT LEFT_OUT_BYTES LEFT_OUT_COUNT LEVEL LEVELS
LIMIT LIMIT_S LINE LINES LOCKS LOCK_TIMEOUT_S LOSES LOST LSN MAY_CONNECT MESSAGE METRIC MISSING NEW_OID NOTE
NOT_COMPARED NOT_MEASURED NOT_RECORDED NOT_VERIFIED NO_OWNER NO_PRIVILEGES OBJECT OF OLD_OID OURS OUTPUT OUTPUT_BYTES
OUTPUT_ERROR OUTPUT_SHA256 OUTSIDE PACKED PATH PAUSE_S PID PINNED PLAIN_BYTES PLAIN_SHA256 POSTMASTER_START PREPARED
PRIVILEGE PROGRAM PROVE PROVED REASON RECORDED REPLAYED REPLICATION RESTORED RESTORED_AS RESTORE_POINT RESTORE_S
RESUMED_AT ROLE ROWS ROWS_MISSING SAMPLED SAMPLES SCRATCH_DROPPED SECONDS SERVICES SESSIONS SESSIONS_ENDED
SETTINGS_LOST SHA256 SIGNED_BY SINCE SINGLE_TRANSACTION SLOTS SLOWER SOURCE SPACE SQLSTATE SQLSTATES STANDBYS STATE
STATEMENTS STATEMENTS_UNKNOWN STATISTICS STAYS_CLOSED STORED SUBSCRIPTIONS SUBSCRIPTIONS_DISABLED SWAP_S
SYNCHRONOUS_COMMIT SYSTEM_IDENTIFIER TABLES TAIL TAKEN_AT TAKEN_FROM TESTS TIMED_OUT TIMELINE TOOLS TOP_STATEMENTS
TOTAL TRIED TRIES TRY UNANSWERED UNMEASURED VALUE VERIFIED WAIT_EVENT WALKS WANTED WARNINGS WARNINGS_LEFT_OUT WHOLE
WORSE XID XID_STATUS
""",
)
"""What evidence, facts and witnesses of steps may tell, by key; `tests/engine/rig.py` refuses any other."""

Outcome = StrEnum("Outcome", "PASSED FAILED SKIPPED SIGNED BY_HAND CANCELLED UNDONE")
"""How an attempt ended: the second half of its event's type."""


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


FateReason = StrEnum(
    "FateReason",
    """
ACKNOWLEDGED_COMMIT_LOST ATTEMPT_KEY_HELD BACKEND_ALIVE BACKEND_NOT_VISIBLE CATALOGUE CHANGES_NOTHING CLEANED_UP
CLEANUP_FAILED COMMIT_JOURNALED COMMITTED_WITHOUT_LEDGER_ROW DISPROVED ERROR EVIDENCE_LOST EXIT_STATUS JOURNAL_BEHIND
LEDGER_ROW LEDGER_ROWS_MISSING LEDGER_UNREADABLE NO_CLEANUP NO_LEDGER_ROW NO_PROOF NO_XID ONE_OF_MANY NOT_REPEATABLE
NOT_THE_PRIMARY NOTHING_SENT OTHER_DATABASE OTHER_SERVER OTHER_TIMELINE PINNED_XID_LOST PLAN_CHANGED PREPARED POOLER
PROOF_UNANSWERED PROVED REPEATABLE SERVER_UNREACHABLE TRANSACTION_LEFT XID_ABORTED XID_COMMITTED XID_IN_PROGRESS
XID_IN_THE_FUTURE XID_MAY_BE_REUSED XID_NEVER_FLUSHED XID_REUSED XID_TOO_OLD
""",
)
"""By what a fate was decided, or why it could not be."""

HoldReason = StrEnum(
    "HoldReason",
    """
EVIDENCE_LOST JOURNAL_BEHIND LEDGER_EMPTIED NOT_THE_PRIMARY OTHER_DATABASE OTHER_RUN OTHER_SERVER OTHER_TIMELINE
""",
)
"""Why the engine holds a run: what answers is not the run's target as it left it; `OTHER_RUN`: another run is in
the way there."""

EvidenceState = StrEnum(
    "EvidenceState",
    """
LEDGER_ROW LEDGER_ROWS_MISSING LOG_BEHIND NOTHING_COMMITTED OTHER_HISTORY TOO_OLD XID_COMMITTED XID_GIVEN_AGAIN
XID_LOST
""",
)
"""What was seen of a run's last evidence; `TOO_OLD`: the server has forgotten the id, which says nothing."""

FailReason = StrEnum(
    "FailReason",
    """
ASYNCHRONOUS_COMMIT BACKEND_GONE BACKUP_DIRECTORY BACKUP_INVALID BACKUP_UNREADABLE CANCELLED CHECK_FAILED CONNECTION
CONNECT_NOT_TAKEN DATABASE_DIFFERS DATABASE_EXISTS DECODE_FAILED DIFFERS ENCRYPTED END_NOT_REACHED ERRORS_IGNORED
EXIT_STATUS GUARD_BREACHED HASH_DIFFERS IN_THE_WAY KEPT_GONE KEY_CHANGED KEY_DOES_NOT_GROW LEFTOVER LIST_FAILED
NEEDS_SIGNATURE NOT_ANSWERED NOT_AS_EXPECTED NOT_A_STANDBY NOT_CARRIED_OUT NOT_COMPARED NOT_DELIVERED NOT_GIVEN_BACK
NOT_IN_BACKUP NOT_KEPT NOT_MEASURED NOT_PROVED NOT_QUIESCED NOT_REHEARSED NOT_STARTED NO_BACKUP NO_KEY NO_SPACE
NO_TESTS OTHER_SERVER OUT_OF_MEMORY PLAN_CHANGED PROGRAM_LOST READ_ONLY RESTORE_FAILED RESTORE_FORBIDDEN ROLE_CHANGED
ROWS_LEFT ROWS_MISSING ROWS_UNCOUNTED SCRATCH_EXISTS SCRATCH_FAILED SCRATCH_FORBIDDEN SESSIONS_REMAIN SESSION_REPLACED
SESSION_STATE_LOST SIGNALLED SQL_ERROR STANDBY_BEHIND STILL_MEANT TERMINATED TESTS_FAILED TIMEOUT TIME_LIMIT
TOTAL_ERROR TRANSACTIONS_FAILED TRANSACTION_LEFT TRANSACTION_OPEN WORSE_THAN_BASELINE
""",
)
"""Why an attempt failed."""


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
    SESSIONS_LEFT = "sessions_left"
    SERVER_UNREACHABLE = "server_unreachable"
    STANDBY_BEHIND = "standby_behind"
    SYNCHRONOUS_STANDBY = "synchronous_standby"
    TARGET_KEY = "target_key"
    TARGET_SILENT = "target_silent"
    THROTTLED_BY_GUARD = "throttled_by_guard"
    UNANSWERED = "unanswered"
    XID_IN_PROGRESS = "xid_in_progress"


Replication = StrEnum("Replication", "UNCONFIRMED")
"""What is not known of a commit; `UNCONFIRMED`: it is on the primary, and its wait for a standby was cut short."""

CancelReason = StrEnum(
    "CancelReason",
    """
COMPANION CONNECTION_LOST ENGINE INTERRUPTED OTHER_RUN OTHER_TARGET OUTSIDE_WINDOW PERSON ROLLBACK SERVER_RESTARTED
TIMEOUT
""",
)
"""Why an attempt was ended before its end. `ENGINE` is never journaled: the next engine decides."""

SkipReason = StrEnum("SkipReason", "HOST_ENDED NOTHING_APPLIED")
"""Why the engine left a step out; a person's reason is a text of their own."""

DriveReason = StrEnum("DriveReason", "COMMANDED JOINED TAKEN")
"""Why the run no longer goes on by itself: a person came, took the helm, or gave a command that drives."""

Incomparable = StrEnum("Incomparable", "SIZES_DIFFER SIZES_UNKNOWN")
"""Why a rehearsed duration says nothing of this run."""

TriggerReason = StrEnum("TriggerReason", "COMPARISON_FAILED ERRORS_UNRESOLVED GUARD_BREACHED STEP_FAILED")
"""Why a rollback was proposed."""

Standing = StrEnum(
    "Standing",
    """
ANNOUNCED CHANGES_AHEAD CHANGING ENDED ROLLBACK_FAILED ROLLBACK_PROPOSED ROLLING_BACK UNDECIDED UNKNOWN UNREADABLE
WATCHES
""",
)
"""Where another run on the same target stands. `ANNOUNCED`: it is in the way by its own word on the server, and its
journal is not to be had; `UNREADABLE`: not even whether it is on this target is known."""

Unmeasured = StrEnum(
    "Unmeasured",
    """
LOG_BEHIND LOG_GAP LOG_NOT_FOLLOWED LOG_UNCLEAR LOG_WITHOUT_ERRORS LOG_WITHOUT_SQLSTATES NO_CRITERIA NO_LOG NO_REPLICA
NO_SAMPLES SERVER_CRASHED UNKNOWN NOT_ANSWERED NO_BASELINE NO_STATEMENTS
""",
)
"""Why something that was to be watched was not measured."""

LeftOut = StrEnum("LeftOut", "ASKED NEEDS_SUPERUSER ONE_DATABASE ON_LOGIN SETTING_REFUSED WOULD_ACT_ELSEWHERE")
"""Why something of a backup was not restored."""

Hindrance = StrEnum(
    "Hindrance",
    """
APPLY_WAITS ARCHIVER_FAILS ARCHIVER_OFF ARCHIVE_BEHIND ARCHIVE_GAP ARCHIVE_UNKNOWN BACKUP_DIFFERS BACKUP_ERRORS
BACKUP_INCOMPLETE BACKUP_NONE BACKUP_OF_ANOTHER BACKUP_OF_ANOTHER_SERVER BACKUP_OLD BACKUP_UNHASHED BACKUP_UNREADABLE
BUILD_WAITS CHANGE_REFUSED DUMP_FAILED HOLDS_UNSEEN IDENTITY_LACKS IDLE_LONG LAGS LAG_UNKNOWN NOT_WRITABLE NO_ROOM
OPEN_LONG PREPARED_LONG PROGRAM_LACKING PROGRAM_OLD QUERY_CANCELLED REPLAY_WAITS REPOSITORY_FAILED REPOSITORY_LONG
REPOSITORY_SILENT REPOSITORY_STATUS REPOSITORY_UNREAD RUNS_THERE SESSIONS_UNSEEN SLOT_INACTIVE SLOT_KEEPS SLOT_LOST
STANDBYS_UNSEEN STANDBY_LONG STANDBY_MISSING STANDBY_OTHER STANDBY_SILENT STANDBY_UNKNOWN STATEMENT_WAITS
SUBSCRIBER_STOPS SUBSCRIPTION_OFF SUBSCRIPTION_STOPPED TRIAL_FAILED TRIAL_UNREACHED TRUNCATE_REPLICATED VACUUM_DUE
VACUUM_SOON VACUUM_STAYS VACUUM_UNSEEN VACUUM_YIELDS WAITS_LONG
""",
)
"""What would be in the way of a change, or in the way of knowing that nothing is; told with its facts."""

NotCompared = StrEnum(
    "NotCompared",
    "CLOSED NOT_READ NOT_STILL NOT_TAKEN OTHER_COLUMNS POOLER_BETWEEN TIME_OVER WOULD_FIRE",
)
"""Why something was not compared with what it was, or not tried. `CLOSED`: the run has closed it to others, or opened
it again; `NOT_STILL`: an application may have written in between; `NOT_TAKEN`: one of the two sides alone is known."""


BackupProof = StrEnum("BackupProof", "COMPLETE FILES_AS_WRITTEN RESTORED SAID_SO SINCE_BEGUN WAL_THERE")
"""What was, or was not, seen of a base backup that another program keeps. `SAID_SO`: a program of the plan says so."""


Shortcoming = StrEnum(
    "Shortcoming",
    """
ARCHIVER_FAILS CLOCK_CHANGE LEFT_TO_A_PERSON NEVER_REHEARSED NOT_AS_SEALED NOT_READABLE NOT_TO_ITS_END NOT_UNDONE
NO_CREATE NO_CREATE_DATABASE NO_DURATION NO_PRIVILEGE NO_ROLE NO_SCHEMA NO_SOURCE NO_TABLE NO_UNDO NO_WAY_BACK_KNOWN
OTHER_FILES OTHER_STEPS REHEARSED_LONG_AGO ROW_SECURITY RUNS_UNREAD TABLES_UNTOLD
""",
)
"""Why a check of what a change needs does not hold, or is not known to; told with its facts."""


FAMILIES: tuple[type[StrEnum], ...] = (
    Outcome, EffectCode, FateCode, FateReason, HoldReason, EvidenceState, FailReason, WaitReason, CancelReason,
    DriveReason, Replication, SkipReason, TriggerReason, Standing, Unmeasured, LeftOut, Incomparable,
    Hindrance, NotCompared, Shortcoming, BackupProof,
    Fact,
)  # fmt: skip
"""All of them, for the tests that hold each member against the tests marked with it."""


class Objection(StrEnum):
    LAG_UNKNOWN = "lag-unknown"
    LEDGER = "ledger"
    LOG_NOT_MEASURED = "log-not-measured"
    NO_CHANNEL = "no-channel"
    NO_CREATEDB = "no-createdb"
    NO_DIRECTORY = "no-directory"
    NO_EXTRA = "no-extra"
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
    STEP_WOULD_FAIL = "step-would-fail"
    TARGET_UNREACHABLE = "target-unreachable"
    WINDOW_PAST = "window-past"


NEVER_IN_SPITE: Final = frozenset({Objection.TARGET_UNREACHABLE, Objection.STANDBY, Objection.OTHER_RUN})
"""Who the target is, and that it can be changed at all: in spite of these no run opens. Beside another run one
opens for a reason (`--beside`)."""
