"""The codes of what `check --on` calls an error and `run` refuses: what a plan needs, and its target or host has not.

A run may open in spite of them (`run --despite CODE`), which stands in its opening, but for those that say what the
target is: nothing else would be known of the run. `tests/engine/test_objections.py` has a situation for each.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


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
