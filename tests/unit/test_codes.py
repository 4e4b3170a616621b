"""Whatever a journal may say has a test in which it would be false, and it is not said."""

from __future__ import annotations

import ast
import re
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest

from tui.journal import codes
from tui.journal.remarks import Remarked

TESTS = Path(__file__).parents[1]
_SILENT: dict[type[StrEnum], set[str]] = {codes.WaitReason: {"NONE"}, codes.CancelReason: {"ENGINE"}}
"""Members that say nothing: a wait that is over, and what is never journaled."""
MARKED: tuple[type[StrEnum], ...] = (*codes.FAMILIES, Remarked)
NAMES = {family.__name__: family for family in MARKED}
ABOUT_THE_DATABASE = frozenset(
    Remarked[name]
    for name in re.findall(
        r"\w+",
        """
ATTEMPT_ALIVE COMMIT_ASYNCHRONOUS CONTROL_LOST DIRECTORY_HIDDEN FLUSH_FAILED GAVE_WAY LAG_HIDDEN LEDGER_CARRIED
LEDGER_FORBIDDEN LEDGER_FOREIGN LEDGER_SWALLOWED LOG_FORBIDDEN LOG_HANDED_ON LOG_IN_NO_FILE LOG_WITHOUT_ERRORS
LOG_WITHOUT_SQLSTATES NOT_THE_TARGET ONE_REPLICA_LEFT ONLY_REPLICA_GONE OTHER_SERVER POOLER_NOW PROC_FORBIDDEN
REPLICAS_GONE ROLE_NOT_GIVEN SESSIONS_HIDDEN STILL_THERE TARGET_TAKEN
""",
    )
)
"""Remarks that say what is in the database, whose it is, or what a role may see and do there."""
OF_OTHER_THINGS = frozenset(
    Remarked[name]
    for name in re.findall(
        r"\w+",
        """
ANSWERED_OTHERWISE BACKUP_EXISTS BACKUP_RELATIVE CANARY_ANSWERS CANARY_TIMEOUT CANARY_UNANSWERED
CANCELLED_BEFORE_ASKED CANCELLED_BEFORE_SENT CANCELLED_BEFORE_START CANCEL_NOT_SENT CERTIFICATE_EXPIRED
CERTIFICATE_UNREADABLE CERTIFICATE_UNTRUSTED CONNECTION_FAILED CONNECTION_REFUSED COPY_OF_CLIENT DATABASE_SESSION
DSN_ADDRESS DSN_HINT_ADDRESS DSN_HINT_QUOTES DSN_PARAMETER_EMPTY DSN_PARAMETER_MISTYPED DSN_PARAMETER_UNKNOWN
DSN_UNREADABLE DSN_VALUE DSN_VALUE_OF_SOURCE DSN_VALUE_WRITTEN END_TELLS_NOTHING END_UNKNOWN ENGINE_GONE ERRORS_FULL
EXPORTER_FOREIGN FILESYSTEM_SILENT HOST_FROM HOST_INSTEAD HOST_UNKNOWN HOST_UNNAMED HTTP_STATUS HTTP_TOO_LARGE
HTTP_UNANSWERED JSON_WITHOUT LOG_BEHIND LOG_CAUGHT_UP LOG_CUT_SHORT LOG_FILE_UNREADABLE LOG_IRREGULAR LOG_MISSING
LOG_NEWER_BESIDE LOG_OTHER_FILE LOG_OTHER_FILE_THERE LOG_OTHER_FORM LOG_PASSED_OVER LOG_READ_AGAIN LOG_UNCLEAR
LOG_UNREADABLE LOG_WITHOUT_PATH MOMENT_SILENT NAME_UNANSWERED NAME_UNKNOWN NOTHING_TO_SEND NOTIFIER_ENDED
NOTIFIER_MISSING NOT_AN_ADDRESS NOT_AWAITED NOT_EXECUTABLE NOT_JSON NO_ANSWER_IN_TIME NO_CLEANUP NO_DELIVERY
NO_DEPENDENCIES NO_SERVICE NO_SSH NO_SYSLOG NO_TLS NO_TOPIC PASSWORD_EMPTY PASSWORD_FAILED PASSWORD_NOT_STARTED
PASSWORD_TIMEOUT PASSWORD_UNSPLIT PATH_RELATIVE PROC_MISSING PROC_MISSING_HERE PROC_UNREADABLE PROGRAM_MISSING
PROGRAM_NOT_HERE PROGRAM_NOT_STARTED PSQL_LOST REASONS SERVER_AWAY SERVER_NOT_HERE SERVER_SILENT SERVICE_FILE_LINE
SERVICE_FILE_UNREADABLE SERVICE_UNKNOWN SESSION_CLOSED SETTINGS_REFUSED SOURCE_TIMEOUT SPACE_DIRECTORY_HIDDEN
SPACE_ELSEWHERE SPACE_NOT_HERE SPACE_NOT_TOLD SPACE_OF_SOURCE SPACE_UNANSWERED SPACE_UNNAMED SSH_ENDED SSH_FAILED
SSH_NOT_STARTED SSH_NO_TEXT SYSTEM_SAYS SYSTEM_SAYS_OF TARGET_ANSWERS TARGET_SILENT THIS_HOST VARIABLE_UNSET
WATCH_ENDED WITH_HINT
""",
    )
)
"""Remarks of files, programs, hosts, addresses and connections, and parts of sentences: nothing is concluded from them
of the database. `ANSWERED_OTHERWISE` would be of it: no server is known that answers COMMIT so without an error before.
"""


@cache
def marked() -> dict[str, set[str]]:
    """Members by family that a test is marked with: `@pytest.mark.unsaid(FateReason.PROVED, ...)`."""
    found: dict[str, set[str]] = {name: set() for name in NAMES}
    for path in TESTS.rglob("test_*.py"):
        text = path.read_text("utf-8")
        if "mark.unsaid" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("mark.unsaid"):
                continue
            for argument in node.args:
                family, _dot, member = ast.unparse(argument).removeprefix("codes.").partition(".")
                assert member in NAMES[family].__members__, f"{path.name}:{node.lineno}: no {family}.{member}"
                found[family].add(member)
    return found


def test_a_remark_about_the_database_has_a_test_that_makes_it_false() -> None:
    missing = sorted({member.name for member in ABOUT_THE_DATABASE} - marked()["Remarked"])
    assert not missing, f"no test is marked with {', '.join(f'Remarked.{name}' for name in missing)}"
    assert not ABOUT_THE_DATABASE & OF_OTHER_THINGS
    unsorted = set(Remarked) - ABOUT_THE_DATABASE - OF_OTHER_THINGS
    assert not unsorted, f"does it say something of the database? {', '.join(sorted(unsorted))}"


@pytest.mark.parametrize("family", codes.FAMILIES, ids=lambda family: family.__name__)
def test_every_member_has_a_test_that_makes_it_false(family: type[StrEnum]) -> None:
    missing = sorted(set(family.__members__) - marked()[family.__name__] - _SILENT.get(family, set()))
    assert not missing, f"no test is marked with {', '.join(f'{family.__name__}.{name}' for name in missing)}"
