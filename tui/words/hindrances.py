"""What is in the way of a change, by its code: English sentences of the catalogues, with places for the facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.journal.codes import Hindrance as H
from tui.said import N_

HINDRANCES: Final[Mapping[str, str]] = {
    H.APPLY_WAITS: N_("the subscription {subscription} would wait behind {what} on {table} ({step}, line {line})"),
    H.ARCHIVER_FAILS: N_("the server's archiver fails at {file}; it last succeeded {seconds} s ago"),
    H.ARCHIVER_OFF: N_("the server archives no WAL (archive_mode is off)"),
    H.ARCHIVE_BEHIND: N_("the archive ends with {file}; files of WAL that are not there yet: {number}"),
    H.ARCHIVE_GAP: N_("the file of WAL {file}, which the backup {backup} needs, is not in the archive"),
    H.ARCHIVE_UNKNOWN: N_("what WAL the archive has is not known"),
    H.BACKUP_DIFFERS: N_("the backup {backup} is not as it was written: {files} (files: {number})"),
    H.BACKUP_ERRORS: N_("the backup {backup} has pages with wrong checksums"),
    H.BACKUP_INCOMPLETE: N_("the backup {backup} is not complete"),
    H.BACKUP_NONE: N_("there is no backup in {where} that counts (database {database})"),
    H.BACKUP_OF_ANOTHER: N_("the backup {backup} is of another database: {database}"),
    H.BACKUP_OF_ANOTHER_SERVER: N_("{where} holds backups of another server: {server}"),
    H.BACKUP_OLD: N_("the backup {backup} is {seconds} s old, older than {limit} s"),
    H.BACKUP_UNHASHED: N_(
        "nothing holds hashes of the backup {backup} ({backup}.sha256 or SHA256SUMS, as sha256sum writes them), so "
        "that nobody knows whether it is damaged"
    ),
    H.BACKUP_UNREADABLE: N_("the backup {backup} cannot be read: {reason}"),
    H.BUILD_WAITS: N_("{what} on {table} ({step}, line {line}) would wait for every open transaction: {who}"),
    H.CHANGE_REFUSED: N_(
        "{what} on {table} ({step}, line {line}) would fail: {publication} publishes it, and it has no replica identity"
    ),
    H.DUMP_FAILED: N_("the schema could not be dumped: {reason}"),
    H.HOLDS_UNSEEN: N_("pid {pid} of {user} holds a lock, and the role may not see since when"),
    H.IDENTITY_LACKS: N_("{publication} publishes {table}, which has no replica identity: UPDATE and DELETE fail"),
    H.IDLE_LONG: N_("pid {pid} of {user} ({application}) has been idle in its transaction for {seconds} s"),
    H.LAGS: N_("a replica is {seconds} s behind"),
    H.LAG_UNKNOWN: N_("how far the replicas are behind is not known"),
    H.NOT_WRITABLE: N_("nothing can be written into {place}: {reason}"),
    H.NO_ROOM: N_("{place} has {free} bytes free, and {need} are needed"),
    H.OPEN_LONG: N_("the transaction of pid {pid} of {user} ({application}) has been open for {seconds} s"),
    H.PREPARED_LONG: N_("the transaction {gid} of {user} was prepared {seconds} s ago and is not finished"),
    H.PROGRAM_LACKING: N_("{program} is not installed here"),
    H.PROGRAM_OLD: N_("{program} {version} is older than the server ({server})"),
    H.QUERY_CANCELLED: N_(
        "on the standby {standby} {what} on {table} ({step}, line {line}) would cancel after {delay}: {who}"
    ),
    H.REPLAY_WAITS: N_(
        "on the standby {standby} the replay of {what} on {table} ({step}, line {line}) would wait for: {who}"
    ),
    H.REPOSITORY_FAILED: N_("{program} ended with exit status {status}: {reason}"),
    H.REPOSITORY_LONG: N_("{program} printed more than is read: {bytes} bytes"),
    H.REPOSITORY_SILENT: N_("{program} could not be asked: {reason}"),
    H.REPOSITORY_STATUS: N_("the repository of {where} says: {reason}"),
    H.REPOSITORY_UNREAD: N_("what {program} printed could not be read"),
    H.RUNS_THERE: N_("pid {pid} of {user} ({application}), open for {seconds} s"),
    H.SESSIONS_UNSEEN: N_("the role may not see what some sessions do (it lacks pg_monitor): {number}, of {users}"),
    H.SLOT_INACTIVE: N_("nobody consumes the replication slot {slot}, which keeps {bytes} bytes of WAL"),
    H.SLOT_KEEPS: N_("the replication slot {slot} keeps {bytes} bytes of WAL, more than {limit}"),
    H.SLOT_LOST: N_("the replication slot {slot} has lost WAL that it needs ({status})"),
    H.STANDBYS_UNSEEN: N_("which standbys are connected is not visible to the role (it lacks pg_monitor): pids {pids}"),
    H.STANDBY_LONG: N_("a query on the standby {standby} runs long: {who}"),
    H.STANDBY_MISSING: N_("the standby {standby} is not connected"),
    H.STANDBY_OTHER: N_("what the service {service} names is no standby of the target ({standby})"),
    H.STANDBY_SILENT: N_("the standby {standby} could not be looked at: {reason}"),
    H.STANDBY_UNKNOWN: N_("the standby {standby} was not looked at: the plan names no service for it"),
    H.STATEMENT_WAITS: N_("{what} on {table} ({step}, line {line}) would wait for {mode}: {who}"),
    H.SUBSCRIBER_STOPS: N_(
        "{what} on {table} ({step}, line {line}) is not replicated: {publication}'s subscribers stop until they have it"
    ),
    H.SUBSCRIPTION_OFF: N_("the subscription {subscription} is disabled"),
    H.SUBSCRIPTION_STOPPED: N_("the subscription {subscription} has no worker"),
    H.TRIAL_FAILED: N_("the schema could not be restored into {database} on {server}: {reason}"),
    H.TRIAL_UNREACHED: N_("the server {server} could not be reached: {reason}"),
    H.TRUNCATE_REPLICATED: N_(
        "{what} on {table} ({step}, line {line}) empties it at the subscribers of {publication}, too"
    ),
    H.VACUUM_DUE: N_("a vacuum against wraparound of {table} is due and may begin at any time: {age} of {limit}"),
    H.VACUUM_SOON: N_("a vacuum against wraparound of {table} is near: {age} of {limit}"),
    H.VACUUM_STAYS: N_("a vacuum of {table} that does not give way is running (pid {pid})"),
    H.VACUUM_UNSEEN: N_("a vacuum of {table} is running (pid {pid}), and the role may not see whether it gives way"),
    H.VACUUM_YIELDS: N_("a vacuum of {table} is running (pid {pid}); it gives way to who waits for it"),
    H.WAITS_LONG: N_("pid {pid} of {user} has waited for {mode} of {of} for {seconds} s, held by {pids}"),
}
