"""What is in the way of a change, by its code: English sentences of the catalogues, with places for the facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.journal.codes import Hindrance as H
from tui.said import N_

HINDRANCES: Final[Mapping[str, str]] = {
    H.BUILD_WAITS: N_("{what} on {table} ({step}, line {line}) would wait for every open transaction: {who}"),
    H.HOLDS_UNSEEN: N_("pid {pid} of {user} holds a lock, and the role may not see since when"),
    H.IDLE_LONG: N_("pid {pid} of {user} ({application}) has been idle in its transaction for {seconds} s"),
    H.LAGS: N_("a replica is {seconds} s behind"),
    H.LAG_UNKNOWN: N_("how far the replicas are behind is not known"),
    H.OPEN_LONG: N_("the transaction of pid {pid} of {user} ({application}) has been open for {seconds} s"),
    H.PREPARED_LONG: N_("the transaction {gid} of {user} was prepared {seconds} s ago and is not finished"),
    H.SESSIONS_UNSEEN: N_("what {number} sessions do is not visible to the role (it lacks pg_monitor): {users}"),
    H.STATEMENT_WAITS: N_("{what} on {table} ({step}, line {line}) would wait for {mode}: {who}"),
    H.VACUUM_DUE: N_("a vacuum against wraparound of {table} is due and may begin at any time: {age} of {limit}"),
    H.VACUUM_SOON: N_("a vacuum against wraparound of {table} is near: {age} of {limit}"),
    H.VACUUM_STAYS: N_("a vacuum of {table} that does not give way is running (pid {pid})"),
    H.VACUUM_UNSEEN: N_("a vacuum of {table} is running (pid {pid}), and the role may not see whether it gives way"),
    H.VACUUM_YIELDS: N_("a vacuum of {table} is running (pid {pid}); it gives way to who waits for it"),
    H.WAITS_LONG: N_("pid {pid} of {user} has waited for {mode} of {of} for {seconds} s, held by {pids}"),
}
