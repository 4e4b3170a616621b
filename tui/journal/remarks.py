"""What the engine remarks, in its log and as the reason of something: codes with facts, for `tui.words.engine`."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from tui.said import Joined, Said, said_of

Remarked = StrEnum(
    "Remarked",
    """
ANSWERED_OTHERWISE ATTEMPT_ALIVE BACKUP_EXISTS BACKUP_RELATIVE CANARY_ANSWERS CANARY_TIMEOUT CANARY_UNANSWERED
CANCELLED_BEFORE_ASKED CANCELLED_BEFORE_SENT CANCELLED_BEFORE_START CANCEL_NOT_SENT COMMIT_ASYNCHRONOUS CONTROL_LOST
COPY_OF_CLIENT DATABASE_SESSION DIRECTORY_HIDDEN DSN_ADDRESS DSN_HINT_ADDRESS DSN_HINT_QUOTES DSN_PARAMETER_EMPTY
DSN_PARAMETER_MISTYPED DSN_PARAMETER_UNKNOWN DSN_UNREADABLE DSN_VALUE DSN_VALUE_OF_SOURCE DSN_VALUE_WRITTEN
END_TELLS_NOTHING END_UNKNOWN ENGINE_GONE ERRORS_FULL EXPORTER_FOREIGN FILESYSTEM_SILENT FLUSH_FAILED GAVE_WAY HOST_FROM
HOST_INSTEAD HOST_UNKNOWN HOST_UNNAMED HTTP_STATUS HTTP_TOO_LARGE HTTP_UNANSWERED LAG_HIDDEN LEDGER_CARRIED
LEDGER_FORBIDDEN LEDGER_FOREIGN LEDGER_SWALLOWED LOG_BEHIND LOG_CAUGHT_UP LOG_CUT_SHORT LOG_FILE_UNREADABLE
LOG_FORBIDDEN LOG_HANDED_ON LOG_IN_NO_FILE LOG_IRREGULAR LOG_MISSING LOG_NEWER_BESIDE LOG_OTHER_FILE
LOG_OTHER_FILE_THERE LOG_OTHER_FORM LOG_PASSED_OVER LOG_READ_AGAIN LOG_UNCLEAR LOG_UNREADABLE LOG_WITHOUT_ERRORS
LOG_WITHOUT_PATH LOG_WITHOUT_SQLSTATES MOMENT_SILENT NOT_AWAITED NOT_EXECUTABLE NOT_THE_TARGET NO_ANSWER_IN_TIME
NO_CLEANUP NO_SSH ONE_REPLICA_LEFT ONLY_REPLICA_GONE OTHER_SERVER PASSWORD_EMPTY PASSWORD_FAILED PASSWORD_NOT_STARTED
PASSWORD_TIMEOUT PASSWORD_UNSPLIT PATH_RELATIVE POOLER_NOW PROC_FORBIDDEN PROC_MISSING PROC_MISSING_HERE PROC_UNREADABLE
PROGRAM_MISSING PROGRAM_NOT_HERE PROGRAM_NOT_STARTED PSQL_LOST REASONS REPLICAS_GONE ROLE_NOT_GIVEN SERVER_AWAY
SERVER_NOT_HERE SERVER_SILENT SERVICE_FILE_LINE SERVICE_FILE_UNREADABLE SERVICE_UNKNOWN SESSIONS_HIDDEN SESSION_CLOSED
SETTINGS_REFUSED SOURCE_TIMEOUT SPACE_DIRECTORY_HIDDEN SPACE_ELSEWHERE SPACE_NOT_HERE SPACE_NOT_TOLD SPACE_OF_SOURCE
SPACE_UNANSWERED SPACE_UNNAMED SSH_ENDED SSH_FAILED SSH_NOT_STARTED SSH_NO_TEXT STILL_THERE SYSTEM_SAYS SYSTEM_SAYS_OF
TARGET_ANSWERS TARGET_SILENT TARGET_TAKEN THIS_HOST VARIABLE_UNSET WATCH_ENDED WITH_HINT
CERTIFICATE_EXPIRED CERTIFICATE_UNREADABLE CERTIFICATE_UNTRUSTED CONNECTION_FAILED CONNECTION_REFUSED JSON_WITHOUT
NAME_UNANSWERED NAME_UNKNOWN NOTIFIER_ENDED NOTIFIER_MISSING NOT_AN_ADDRESS NOT_JSON NO_DELIVERY NO_SERVICE NO_SYSLOG
NO_DEPENDENCIES NOTHING_TO_SEND NO_TLS NO_TOPIC
""",
)
"""What an engine has to say of the server, its host and its programs beside the codes of outcomes."""


class Coded(Said):
    """A code with its facts, as it is journaled; its sentence stands in `tui.words.engine`."""

    def __init__(self, code: str, /, **facts: object) -> None:
        super().__init__(str(code), **facts)
        count = dict(self.facts).get("count")
        self._fill(self.text, self.facts, count=count if isinstance(count, int) else 0)

    def neutral(self) -> dict[str, Any]:
        """For the journal: `{"code": ..., "facts": {...}}`."""
        return {"code": self.text, "facts": {name: neutral(fact) for name, fact in self.facts}}

    def __str__(self) -> str:
        """For logs of the program, and for tests."""
        told = ", ".join(f"{name}: {fact}" for name, fact in self.facts)
        return f"{self.text} ({told})" if told else self.text


def neutral(said: object) -> Any:
    """For the journal: a code with its facts, foreign text and figures as they are."""
    if isinstance(said, Coded):
        return said.neutral()
    if isinstance(said, Joined):
        return [neutral(part) for _name, part in said.facts]
    return str(said) if isinstance(said, Said) else said


def neutral_of(error: BaseException) -> Any:
    """For the journal, what an exception says; of one of the operating system's its number by name, its words and the
    file that it is about."""
    if not isinstance(error, OSError) or error.errno is None:
        return neutral(said_of(error)) or type(error).__name__
    facts = {"errno": errno.errorcode.get(error.errno, error.errno), "reason": error.strerror or ""}
    if error.filename is None:
        return Coded(Remarked.SYSTEM_SAYS, **facts).neutral()
    return Coded(Remarked.SYSTEM_SAYS_OF, **facts, path=error.filename).neutral()


def said_fields(told: Any, beside: Mapping[str, Any] = {}) -> dict[str, Any]:
    """What `neutral` has made as the fields of an event: `code` with its `facts`, or `message` for foreign text, with
    what is known `beside` it as `facts`."""
    if isinstance(told, dict):
        return {"code": told["code"], "facts": told["facts"]}
    return {"message": told, "facts": dict(beside)} if beside else {"message": told}


def coded(told: object) -> Any:
    """What `neutral` has made as it was; journals of before have a sentence in its place."""
    if isinstance(told, Mapping) and isinstance(told.get("code"), str):
        facts = told.get("facts")
        known = facts.items() if isinstance(facts, Mapping) else ()
        return Coded(told["code"], **{str(name): coded(fact) for name, fact in known})
    if isinstance(told, list | tuple):
        parts = [coded(one) for one in told]
        return Joined(parts, " ") if any(isinstance(part, Said) for part in parts) else parts
    return told
