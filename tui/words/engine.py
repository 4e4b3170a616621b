"""What an engine remarks, by its code: English sentences of the catalogues, with places for the facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.journal.remarks import Remarked as R
from tui.said import N_, Said, several
from tui.words.hindrances import HINDRANCES
from tui.words.shortcomings import SHORTCOMINGS

SENTENCES: Final[Mapping[str, str | Said]] = {
    R.ANSWERED_OTHERWISE: N_("the server answered {answer} to {statement}"),
    R.ATTEMPT_ALIVE: N_("another session still works on this attempt"),
    R.BACKUP_EXISTS: N_("{path} exists already"),
    R.BACKUP_RELATIVE: N_("{path} is not an absolute path; a backup does not go into the frozen plan"),
    R.CANARY_ANSWERS: N_("The canary is answered again."),
    R.CANARY_TIMEOUT: N_("There is no answer in time."),
    R.CANARY_UNANSWERED: N_("The canary is not answered: {reason}"),
    R.CANCELLED_BEFORE_ASKED: N_("cancelled before it was asked"),
    R.CANCELLED_BEFORE_SENT: N_("cancelled before the statement was sent"),
    R.CANCELLED_BEFORE_START: N_("cancelled before it was started"),
    R.CANCEL_NOT_SENT: N_("The server could not be asked to cancel: {reason}"),
    R.CERTIFICATE_EXPIRED: N_("the certificate ended at {ends}"),
    R.CERTIFICATE_UNREADABLE: N_("the certificate cannot be read"),
    R.CERTIFICATE_UNTRUSTED: N_("this host does not trust the certificate: {reason}"),
    R.COMMIT_ASYNCHRONOUS: N_(
        "synchronous_commit is off in this transaction: its commit could be lost. Remove the setting."
    ),
    R.CONNECTION_FAILED: N_("{where} cannot be reached: {reason}"),
    R.CONNECTION_REFUSED: N_("nobody listens at {where}: the connection was refused"),
    R.CONTROL_LOST: N_("the control session was lost, and with it the right to change the target"),
    R.COPY_OF_CLIENT: N_("COPY moves data from or to the client here, and nobody gives or takes it; a psql step does"),
    R.DATABASE_SESSION: N_("the database's own connection"),
    R.DIRECTORY_HIDDEN: N_(
        "The role may not see data_directory (it lacks pg_read_all_settings): the disk is not measured."
    ),
    R.DSN_ADDRESS: N_("The address of the target cannot be read."),
    R.DSN_HINT_ADDRESS: N_(
        "In a password, the characters @ / : ? % and blanks are written as %40 %2F %3A %3F %25 %20."
    ),
    R.DSN_HINT_QUOTES: N_("A value with blanks in it stands in single quotes, and a ' or \\ in it behind a \\."),
    R.DSN_PARAMETER_EMPTY: N_("The parameter {parameter} in the connection string of the target has no value."),
    R.DSN_PARAMETER_MISTYPED: N_("The connection string of the target has a parameter {parameter}; is {known} meant?"),
    R.DSN_PARAMETER_UNKNOWN: N_("The connection string of the target has a parameter that libpq does not know."),
    R.DSN_UNREADABLE: N_(
        "The connection string of the target cannot be read; it must be libpq's key=value form or a "
        "postgresql:// address. Its text is not shown because it may hold a password."
    ),
    R.DSN_VALUE: N_("The value of the connection parameter {parameter} is none that libpq takes."),
    R.DSN_VALUE_OF_SOURCE: N_(
        "The value of the connection parameter {parameter}, which {source} sets, is none that libpq takes."
    ),
    R.DSN_VALUE_WRITTEN: N_(
        "The value of the parameter {parameter} in the connection string is none that libpq takes."
    ),
    R.END_TELLS_NOTHING: N_("the program's end does not tell what it did"),
    R.END_UNKNOWN: N_("How {name} ended is not known."),
    R.ENGINE_GONE: N_("the engine that ran it is gone"),
    R.ERRORS_FULL: N_("The run has {count} critical errors of the server on its list; further ones are only counted."),
    R.EXPORTER_FOREIGN: N_("The page holds no node_cpu_seconds_total; it is not that of a node_exporter."),
    R.FILESYSTEM_SILENT: N_("its filesystem does not answer"),
    R.FLUSH_FAILED: N_("The server did not flush its log; the transaction cannot be pinned."),
    R.GAVE_WAY: N_("gave way to the sessions that queued behind the lock"),
    R.HOST_FROM: N_("CPU, memory and disk of the database's host come from {source}."),
    R.HOST_INSTEAD: N_("CPU, memory and disk of the database's host come from {source} instead: {reasons}"),
    R.HOST_UNKNOWN: N_("CPU, memory and disk of the database's host are unknown: {reasons}"),
    R.HOST_UNNAMED: N_("The plan names no source for figures of the database's host, so they are unknown."),
    R.HTTP_STATUS: N_("{where} answers with status {status}."),
    R.HTTP_TOO_LARGE: N_("the answer is larger than 8 MiB"),
    R.HTTP_UNANSWERED: N_("{where} does not answer: {reason}."),
    R.JSON_WITHOUT: N_("the answer has nothing at {path}"),
    R.LAG_HIDDEN: N_("The role may not see how far replicas are (it lacks pg_monitor): their lag is not measured."),
    R.LEDGER_CARRIED: N_(
        "The ledger is not created, because the publication {names} would carry it to its subscribers. "
        "Without a ledger, commits are proven by pinned transaction ids."
    ),
    R.LEDGER_FORBIDDEN: N_("The schema virada exists, but this role may not use the ledger in it."),
    R.LEDGER_FOREIGN: N_(
        "The table virada.ledger exists but is not a ledger of this program; it is left alone and not used."
    ),
    R.LEDGER_SWALLOWED: N_("The ledger did not take the row; something on the server swallows inserts into it."),
    R.LOG_BEHIND: N_(
        "The server's log grows faster than it can be read: {size} MB or more are unread, so critical errors "
        "are unknown."
    ),
    R.LOG_CAUGHT_UP: N_("The server's log is read up to its end again."),
    R.LOG_CUT_SHORT: N_(
        "The server's log {path} was cut short: it is read from its beginning, and something may be missing."
    ),
    R.LOG_FILE_UNREADABLE: N_("The server's log {path} cannot be read: {reason}."),
    R.LOG_FORBIDDEN: N_(
        "The role may not read the server's log: {reason}. Grant it {role} and execute on {functions}, or name the "
        "log's file."
    ),
    R.LOG_HANDED_ON: N_(
        "The server hands its log to another program (logging_collector is off), so it cannot be "
        "read through SQL; name its file: `server_log: {file: PATH}`, or `{ssh: HOST:PATH}`."
    ),
    R.LOG_IN_NO_FILE: N_("The server writes its log to no file that can be read through SQL."),
    R.LOG_IRREGULAR: N_("The server's log {path} is no regular file."),
    R.LOG_MISSING: N_("There is no file of the server's log at {path} that this account may see."),
    R.LOG_NEWER_BESIDE: N_(
        "Nothing comes to the server's log {path} while {newer} beside it grows; if the log goes on "
        "there, name its directory or a pattern in server_log instead of one file."
    ),
    R.LOG_OTHER_FILE: N_(
        "The server's log could not be read for a while and {path} is another file now: there is a gap."
    ),
    R.LOG_OTHER_FILE_THERE: N_(
        "The connection to {host} was lost and the server's log there is another file now, or was rotated: "
        "there is a gap, and it is read from its end."
    ),
    R.LOG_OTHER_FORM: N_("The server no longer writes its log as {before} but as {now}: there may be a gap."),
    R.LOG_PASSED_OVER: several(
        "{count} record of the server's log could not be read and was passed over.",
        "{count} records of the server's log could not be read and were passed over.",
        2,
    ),
    R.LOG_READ_AGAIN: N_("The server's log can be read again."),
    R.LOG_UNCLEAR: N_(
        "The server's log has records of which nobody can tell whether they are errors, so critical errors are "
        "unknown. The first: {text}"
    ),
    R.LOG_UNREADABLE: N_("The server's log cannot be read. {reason}"),
    R.LOG_WITHOUT_ERRORS: N_(
        "The server writes no errors to its log, so critical errors are unknown; set log_min_messages to error."
    ),
    R.LOG_WITHOUT_PATH: N_("server_log {value} names no absolute path; write ssh:HOST:/PATH."),
    R.LOG_WITHOUT_SQLSTATES: N_(
        "The server's log has no SQLSTATEs, so critical errors are unknown; add %e to log_line_prefix."
    ),
    R.MOMENT_SILENT: N_("the session that keeps the moment does not answer"),
    R.NAME_UNANSWERED: N_("the name {name} could not be looked up: nobody answered"),
    R.NAME_UNKNOWN: N_("there is no host named {name}"),
    R.NOTHING_TO_SEND: N_("the address, or a header, is none that can be sent"),
    R.NOTIFIER_ENDED: N_("the process that tells people ended before everybody was tried"),
    R.NOTIFIER_MISSING: N_("Apprise is not installed where the engine runs; install virada[notify]."),
    R.NOT_AN_ADDRESS: N_("that is no address with a host and a port"),
    R.NOT_AWAITED: N_("nobody waits for the server any longer"),
    R.NOT_EXECUTABLE: N_("{name} is not an executable file."),
    R.NOT_JSON: N_("the answer is not JSON"),
    R.NOT_THE_TARGET: N_("what answers is not the run's target"),
    R.NO_ANSWER_IN_TIME: N_("no answer in time"),
    R.NO_CLEANUP: N_("the step has no cleanup"),
    R.NO_DEPENDENCIES: N_("the plan names no dependencies"),
    R.NO_DELIVERY: N_("the service did not take it, and Apprise does not say why"),
    R.NO_SERVICE: N_("there is no service at this address that Apprise knows"),
    R.NO_SSH: N_("There is no program ssh on this host."),
    R.NO_SYSLOG: N_("nobody listens at /dev/log on this host"),
    R.NO_TLS: N_("{where} answers without TLS that this host understands: {reason}"),
    R.NO_TOPIC: N_("the address names a server and no topic, and would be taken for a topic of the public service"),
    R.ONE_REPLICA_LEFT: N_("Of {before} replicas one is left; gone: {names}."),
    R.ONLY_REPLICA_GONE: N_("The only replica is gone: {names}."),
    R.OTHER_SERVER: N_("Another server answers than the one that the control session is connected to."),
    R.PASSWORD_EMPTY: N_("The password_command printed no password."),
    R.PASSWORD_FAILED: N_("The password_command ended with exit status {status}."),
    R.PASSWORD_NOT_STARTED: N_("The password_command cannot be started: {reason}."),
    R.PASSWORD_TIMEOUT: N_("The password_command did not answer within {seconds} s."),
    R.PASSWORD_UNSPLIT: N_("it cannot be split into words"),
    R.PATH_RELATIVE: N_("it is not an absolute path"),
    R.POOLER_NOW: N_("A pooler that lends its servers out stands in between now, which did not before."),
    R.PROC_FORBIDDEN: N_(
        "The role may not read the server's /proc: {reason}. Grant it {role} and execute on {functions}."
    ),
    R.PROC_MISSING: N_("The host {host} has no /proc/stat as Linux has it."),
    R.PROC_MISSING_HERE: N_("This host has no /proc/stat as Linux has it."),
    R.PROC_UNREADABLE: N_("The server's /proc cannot be read: {reason}."),
    R.PROGRAM_MISSING: N_("The program {name} is not in the PATH."),
    R.PROGRAM_NOT_HERE: N_("the program {name} is not installed on this host"),
    R.PROGRAM_NOT_STARTED: N_("{name} could not be started: {reason}: {path}."),
    R.PSQL_LOST: N_("psql lost its connection"),
    R.REASONS: N_("{first}; {second}"),
    R.REPLICAS_GONE: N_("Of {before} replicas {now} are left; gone: {names}."),
    R.ROLE_NOT_GIVEN: N_("{name} cannot be given the role {role}"),
    R.SERVER_AWAY: N_("the server was away while it ran"),
    R.SERVER_NOT_HERE: N_(
        "The server behind the socket {socket} is not seen to run on this host, so figures of its host are "
        "unknown. Name a source in the plan (local: true, if it is this host after all)."
    ),
    R.SERVER_SILENT: N_("The server took the connection, and then did not answer."),
    R.SERVICE_FILE_LINE: N_(
        "Line {line} of the service file {path} is not `parameter=value` with a parameter of libpq's."
    ),
    R.SERVICE_FILE_UNREADABLE: N_("The service file {path} cannot be read: {reason}."),
    R.SERVICE_UNKNOWN: N_("No service file defines the service {name}; looked for in {places}."),
    R.SESSIONS_HIDDEN: N_(
        "The role may not see what sessions of other roles do (it lacks pg_monitor): active, waiting and idle "
        "sessions and the oldest transaction are not measured."
    ),
    R.SESSION_CLOSED: N_("The session is closed."),
    R.SETTINGS_REFUSED: N_("The session was opened, but its safety settings were refused: {reason}"),
    R.SOURCE_TIMEOUT: N_("{where} ({source}) does not answer within {seconds} s."),
    R.SPACE_DIRECTORY_HIDDEN: N_("the role may not see data_directory (pg_read_all_settings)"),
    R.SPACE_NOT_HERE: N_("the server behind the socket is not seen to run on this host"),
    R.SPACE_NOT_TOLD: N_("it does not tell how much space is free there"),
    R.SPACE_OF_SOURCE: N_("{where} ({source}): {reason}"),
    R.SPACE_UNANSWERED: N_("it does not answer in time"),
    R.SPACE_ELSEWHERE: N_("only the program that writes there knows where that is"),
    R.SPACE_UNNAMED: N_("the target has no `host` in the plan, which would tell figures of the database's host"),
    R.SSH_ENDED: N_("the connection ended"),
    R.SSH_FAILED: N_("{host} cannot be asked over ssh: {reason}."),
    R.SSH_NOT_STARTED: N_("The program {program} cannot be started: {reason}."),
    R.SSH_NO_TEXT: N_("The shell on {host} prints what is no text."),
    R.STILL_THERE: N_("{names} is still there"),
    R.SYSTEM_SAYS: N_("the operating system says: {reason} ({errno})"),
    R.SYSTEM_SAYS_OF: N_("the operating system says of {path}: {reason} ({errno})"),
    R.TARGET_ANSWERS: N_("The target answers again."),
    R.TARGET_SILENT: N_("The target has not answered since {time}."),
    R.TARGET_TAKEN: N_("another run is changing this database: {names}"),
    R.THIS_HOST: N_("this host"),
    R.VARIABLE_UNSET: N_("The environment variable {name} is not set; set it, or write ${{{name}:-default}}."),
    R.WATCH_ENDED: N_("The watch of {name} ended: {reason}"),
    R.WITH_HINT: N_("{said} {hint}"),
    **HINDRANCES,
    **SHORTCOMINGS,
}
