"""What the engine remarks, in its log and as the reason of something: codes with facts, for `tui.words.engine`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from tui.said import Joined, Said


class Remarked(StrEnum):
    """What an engine has to say of the server, its host and its programs beside the codes of outcomes."""

    BACKUP_EXISTS = "backup_exists"
    BACKUP_RELATIVE = "backup_relative"
    CANARY_ANSWERS = "canary_answers"
    CANARY_TIMEOUT = "canary_timeout"
    CANARY_UNANSWERED = "canary_unanswered"
    CANCELLED_BEFORE_START = "cancelled_before_start"
    CANCEL_NOT_SENT = "cancel_not_sent"
    COMMIT_ASYNCHRONOUS = "commit_asynchronous"
    CONTROL_LOST = "control_lost"
    DATABASE_SESSION = "database_session"
    DIRECTORY_HIDDEN = "directory_hidden"
    DSN_ADDRESS = "dsn_address"
    DSN_HINT_ADDRESS = "dsn_hint_address"
    DSN_HINT_QUOTES = "dsn_hint_quotes"
    DSN_PARAMETER_EMPTY = "dsn_parameter_empty"
    DSN_PARAMETER_MISTYPED = "dsn_parameter_mistyped"
    DSN_PARAMETER_UNKNOWN = "dsn_parameter_unknown"
    DSN_UNREADABLE = "dsn_unreadable"
    DSN_VALUE = "dsn_value"
    DSN_VALUE_OF_SOURCE = "dsn_value_of_source"
    DSN_VALUE_WRITTEN = "dsn_value_written"
    END_TELLS_NOTHING = "end_tells_nothing"
    END_UNKNOWN = "end_unknown"
    ENGINE_GONE = "engine_gone"
    ERRORS_FULL = "errors_full"
    EXPORTER_FOREIGN = "exporter_foreign"
    FILESYSTEM_SILENT = "filesystem_silent"
    FLUSH_FAILED = "flush_failed"
    HOST_FROM = "host_from"
    HOST_INSTEAD = "host_instead"
    HOST_UNKNOWN = "host_unknown"
    HOST_UNNAMED = "host_unnamed"
    HTTP_STATUS = "http_status"
    HTTP_TOO_LARGE = "http_too_large"
    HTTP_UNANSWERED = "http_unanswered"
    LAG_HIDDEN = "lag_hidden"
    LEDGER_CARRIED = "ledger_carried"
    LEDGER_FORBIDDEN = "ledger_forbidden"
    LEDGER_FOREIGN = "ledger_foreign"
    LEDGER_SWALLOWED = "ledger_swallowed"
    LOG_BEHIND = "log_behind"
    LOG_CAUGHT_UP = "log_caught_up"
    LOG_CUT_SHORT = "log_cut_short"
    LOG_FILE_UNREADABLE = "log_file_unreadable"
    LOG_FORBIDDEN = "log_forbidden"
    LOG_HANDED_ON = "log_handed_on"
    LOG_IN_NO_FILE = "log_in_no_file"
    LOG_IRREGULAR = "log_irregular"
    LOG_MISSING = "log_missing"
    LOG_NEWER_BESIDE = "log_newer_beside"
    LOG_OTHER_FILE = "log_other_file"
    LOG_OTHER_FILE_THERE = "log_other_file_there"
    LOG_OTHER_FORM = "log_other_form"
    LOG_PASSED_OVER = "log_passed_over"
    LOG_READ_AGAIN = "log_read_again"
    LOG_UNCLEAR = "log_unclear"
    LOG_UNREADABLE = "log_unreadable"
    LOG_WITHOUT_ERRORS = "log_without_errors"
    LOG_WITHOUT_PATH = "log_without_path"
    LOG_WITHOUT_SQLSTATES = "log_without_sqlstates"
    MOMENT_SILENT = "moment_silent"
    NOT_AWAITED = "not_awaited"
    NOT_EXECUTABLE = "not_executable"
    NO_ANSWER_IN_TIME = "no_answer_in_time"
    NO_CLEANUP = "no_cleanup"
    NO_SSH = "no_ssh"
    ONE_REPLICA_LEFT = "one_replica_left"
    ONLY_REPLICA_GONE = "only_replica_gone"
    OTHER_SERVER = "other_server"
    PASSWORD_EMPTY = "password_empty"
    PASSWORD_FAILED = "password_failed"
    PASSWORD_NOT_STARTED = "password_not_started"
    PASSWORD_TIMEOUT = "password_timeout"
    PASSWORD_UNSPLIT = "password_unsplit"
    PATH_RELATIVE = "path_relative"
    POOLER_NOW = "pooler_now"
    PROC_FORBIDDEN = "proc_forbidden"
    PROC_MISSING = "proc_missing"
    PROC_MISSING_HERE = "proc_missing_here"
    PROC_UNREADABLE = "proc_unreadable"
    PROGRAM_MISSING = "program_missing"
    PROGRAM_NOT_STARTED = "program_not_started"
    PSQL_LOST = "psql_lost"
    REASONS = "reasons"
    REPLICAS_GONE = "replicas_gone"
    SERVER_AWAY = "server_away"
    SERVER_NOT_HERE = "server_not_here"
    SERVER_SILENT = "server_silent"
    SERVICE_FILE_LINE = "service_file_line"
    SERVICE_FILE_UNREADABLE = "service_file_unreadable"
    SERVICE_UNKNOWN = "service_unknown"
    SESSIONS_HIDDEN = "sessions_hidden"
    SESSION_CLOSED = "session_closed"
    SETTINGS_REFUSED = "settings_refused"
    SOURCE_TIMEOUT = "source_timeout"
    SPACE_DIRECTORY_HIDDEN = "space_directory_hidden"
    SPACE_NOT_HERE = "space_not_here"
    SPACE_NOT_TOLD = "space_not_told"
    SPACE_OF_SOURCE = "space_of_source"
    SPACE_UNANSWERED = "space_unanswered"
    SPACE_UNNAMED = "space_unnamed"
    SSH_ENDED = "ssh_ended"
    SSH_FAILED = "ssh_failed"
    SSH_NOT_STARTED = "ssh_not_started"
    SSH_NO_TEXT = "ssh_no_text"
    STILL_THERE = "still_there"
    TARGET_ANSWERS = "target_answers"
    TARGET_SILENT = "target_silent"
    TARGET_TAKEN = "target_taken"
    THIS_HOST = "this_host"
    VARIABLE_UNSET = "variable_unset"
    WATCH_ENDED = "watch_ended"
    WITH_HINT = "with_hint"


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


def said_fields(told: Any) -> dict[str, Any]:
    """What `neutral` has made as the fields of an event: `message` for foreign text, `code` and `facts` beside it."""
    return {"code": told["code"], "facts": told["facts"]} if isinstance(told, dict) else {"message": told}


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
