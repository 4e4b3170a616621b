"""One table of codes to words: statuses, fates, effects, reasons of waiting, failing, cancelling and the like.

A journal of another version may hold other codes: they are shown as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tui.journal.codes import FailReason
from tui.locale import _
from tui.plan.metrics import METRICS
from tui.said import N_
from tui.words.inert import visible
from tui.words.said import told

STEP_STATUS = {
    "pending": N_("pending"),
    "running": N_("running"),
    "passed": N_("passed"),
    "failed": N_("failed"),
    "skipped": N_("skipped"),
    "signed": N_("signed"),
    "by_hand": N_("done by hand"),
    "cancelled": N_("cancelled"),
    "undone": N_("undone"),
    "undecided": N_("UNDECIDED"),
}
RUN_STATUS = {
    "scheduled": N_("scheduled"),
    "running": N_("running"),
    "held": N_("held"),
    "rolling_back": N_("rolling back"),
    "rolled_back": N_("rolled back"),
    "rollback_failed": N_("ROLLBACK FAILED"),
    "completed": N_("completed"),
    "failed": N_("failed"),
    "undecided": N_("UNDECIDED"),
}
ROLLBACK_STATUS = {**RUN_STATUS, "rolled_back_to": N_("rolled back to the step named")}
GUARD_STATE = {"unknown": N_("no data"), "ok": N_("ok"), "over": N_("over"), "breached": N_("BREACHED")}
QUALITY = {"met": N_("met"), "not_met": N_("NOT MET"), "open": N_("not known yet")}
FATE = {
    "applied": N_("it was applied"),
    "not_applied": N_("it was not applied"),
    "still_running": N_("it still runs on the server"),
    "undecided": N_("it is undecided: a person must look at the database"),
}
ON_FAILURE = {
    "hold": N_("the run is held"),
    "continue": N_("the run goes on"),
    "propose_rollback": N_("a rollback is proposed"),
}
REPEAT = {
    "always": N_("always, whatever its fate"),
    "after_proof": N_("after its proof says that it was not applied"),
    "never": N_("never, unless a person decides"),
}
MODE = {"live": N_("live"), "rehearsal": N_("rehearsal")}
VIEWER = {"operator": N_("OPERATOR"), "observer": N_("OBSERVER"), "replay": N_("REPLAY")}
"""As what a screen looks at a run."""
ENVIRONMENT = {"production": N_("PRODUCTION"), "staging": N_("staging"), "development": N_("development")}
STEP_WAITING = {
    "lock": N_("waits for a lock"),
    "old_transaction": N_("waits for a transaction older than its own to end"),
    "lock_retry": N_("the lock was not to be had, tries again"),
    "other_target": N_("waits for the run's own target: something else answers in its name"),
    "throttled_by_guard": N_("pauses because a guard is breached"),
    "replication_lag": N_("pauses because a standby lags behind"),
    "standby_behind": N_("waits until the standby has replayed what the target had when the step began"),
    "lag_unknown": N_("pauses because nobody knows how far the standbys are"),
    "attempt_key_held": N_("waits for a session that still holds its key"),
    "backend_alive": N_("waits for its session, which is still at work"),
    "blocks_others": N_("holds a lock that others wait for"),
    "server_unreachable": N_("waits for the server, which cannot be reached"),
    "target_key": N_("waits for another run to leave the target"),
    "sessions_left": N_("waits for others' sessions to leave the database"),
    "xid_in_progress": N_("waits for its transaction, which is still open"),
    "target_silent": N_("waits for the target, which does not answer"),
    "cancel_unheard": N_("its end is asked for, and the target does not hear it"),
    "backend_gone": N_("its session is gone from the server, and its connection did not tell"),
    "connection_stalled": N_("its connection carries nothing: the server waits for us, and we for the server"),
    "synchronous_standby": N_("its commit is on this server, and waits for a synchronous standby"),
    "unanswered": N_("asks again: there was no answer yet"),
    "proof_unanswered": N_("asks again whether its effect is there: there was no answer"),
}
EFFECT = {
    "all": N_("all of it is in the database"),
    "some": N_("part of it is in the database"),
    "none": N_("nothing of it is in the database"),
    "unknown": N_("unknown what of it is in the database"),
}
FATE_REASON = {
    "acknowledged_commit_lost": N_("its commit was acknowledged, and its evidence is gone"),
    "attempt_key_held": N_("a session still holds the key of the attempt"),
    "backend_alive": N_("its session is still at work"),
    "backend_not_visible": N_("whether its session is at work may not be seen with these rights"),
    "catalogue": N_("the database's catalogue shows it"),
    "changes_nothing": N_("such a step changes nothing"),
    "cleaned_up": N_("what it left behind was cleaned up"),
    "cleanup_failed": N_("what it left behind could not be cleaned up"),
    "commit_journaled": N_("its commit was recorded"),
    "committed_without_ledger_row": N_("its transaction is called committed, and its row is not in the ledger"),
    "disproved": N_("its proof says that its effect is not there"),
    "error": N_("it could not be found out"),
    "evidence_lost": N_("what the run had committed is not there"),
    "journal_behind": N_("the ledger has work of the run that its journal does not know"),
    "exit_status": N_("the program's exit status says so"),
    "ledger_row": N_("its row is in the ledger"),
    "ledger_rows_missing": N_("rows of the ledger that belong to committed work are missing"),
    "ledger_unreadable": N_("the ledger could not be read"),
    "no_cleanup": N_("it may have left a half behind, and the plan says no cleanup"),
    "no_ledger_row": N_("its row is not in the ledger"),
    "no_proof": N_("nothing proves what became of it"),
    "no_xid": N_("it had no transaction yet"),
    "not_repeatable": N_("its effect is not there, and it may not be run again by itself"),
    "not_the_primary": N_("the server that answers is a standby"),
    "nothing_sent": N_("nothing of it was sent"),
    "one_of_many": N_("its proof is of several statements, and tells nothing of this one"),
    "other_database": N_("another database answers"),
    "other_server": N_("another server answers"),
    "other_timeline": N_("the server is on another timeline"),
    "pinned_xid_lost": N_("its transaction was made safe, and is gone from the server"),
    "plan_changed": N_("a file of the frozen plan that it is judged by is not what was sealed"),
    "prepared": N_("it is prepared, neither committed nor rolled back"),
    "pooler": N_("a pooler answers in the server's place"),
    "proof_unanswered": N_("whether its effect is there was not answered"),
    "proved": N_("its proof says that its effect is there"),
    "repeatable": N_("it may be run again whatever became of it"),
    "server_unreachable": N_("the server could not be reached"),
    "transaction_left": N_("its statements left the transaction that their evidence is of"),
    "xid_aborted": N_("its transaction was rolled back"),
    "xid_committed": N_("its transaction was committed"),
    "xid_in_progress": N_("its transaction is still open"),
    "xid_in_the_future": N_("its transaction is not known to the server"),
    "xid_may_be_reused": N_("its transaction's number may be somebody else's by now"),
    "xid_never_flushed": N_("its transaction never reached the server's disk"),
    "xid_reused": N_("its transaction's number is somebody else's by now"),
    "xid_too_old": N_("its transaction is too long ago to be asked for"),
}
"""By what a fate was decided, or why it could not be."""
RUN_WAITING = {
    "person": N_("waits for a person"),
    "typed": N_("waits for a person to execute it with the target's name typed"),
    "amended": N_("it was amended and not rehearsed since: a person executes it with the target's name typed"),
    "buffer": N_("only the window's buffer is left: a person executes it with the target's name and a reason"),
    "window": N_("the window is over: a person executes it with the target's name and a reason"),
    "failed": N_("a person decides: retry, skip, by-hand or rollback"),
    "undecided": N_("the fate of a step is undecided; look at the database, then retry, by-hand or skip"),
    "held": N_("the run is held until it is resumed"),
    "clock": N_("waits for the phase to begin"),
    "rollback_failed": N_("the rollback failed; a person must look"),
    "rolled_back": N_("everything is rolled back; the run can be closed"),
    "completed": N_("everything is done; the run can be closed"),
    "quiesced": N_("the target is still closed to others; undo the step that closed it"),
    "proposed": N_("everything is done, and a rollback is proposed: a person rolls back, or closes the run"),
    "unsettled": N_("it failed and was left out, and no error of it can be resolved; close the run as failed"),
}
REPLICATION = {"unconfirmed": N_("no standby has confirmed it: its wait for one was cut short")}
LEFT_OUT = {
    "asked": N_("the plan says so"),
    "needs_superuser": N_("only a superuser may make it"),
    "one_database": N_("it is the whole server's, not the database's"),
    "on_login": N_("it would be executed at every login"),
    "setting_refused": N_("the server refuses the setting"),
    "would_act_elsewhere": N_("it would act on other servers"),
}
"""Why something of a backup was not restored."""
NOT_COMPARED = {
    "closed": N_("the run itself has closed it to others, or opened it again"),
    "not_read": N_("it could not be read"),
    "not_still": N_("an application may have written in between; the rows are compared while it is stopped (quiesce)"),
    "not_taken": N_("only one side of it is known"),
    "other_columns": N_("its columns are others; its rows were counted"),
    "pooler_between": N_("behind a pooler nobody knows whether a connection is a fresh one"),
    "time_over": N_("there was no time left to read it"),
    "would_fire": N_("it was not tried, for it would fire triggers or cascade to other tables"),
}
"""Why something was not compared with what it was."""
UNMEASURED = {
    "log_behind": N_("it was not read up to its end"),
    "log_gap": N_("it has a gap"),
    "log_not_followed": N_("the server's log is not followed"),
    "log_unclear": N_("it has records of which nobody can tell whether they are errors"),
    "log_without_errors": N_("the server does not log errors (log_min_messages)"),
    "log_without_sqlstates": N_("the server's log has no SQLSTATEs; add %e to log_line_prefix"),
    "no_criteria": N_("the plan has none"),
    "no_baseline": N_("the step kept none, or nothing of it was measured now"),
    "not_answered": N_("the question was not answered"),
    "no_statements": N_("the extension pg_stat_statements is not in this database"),
    "no_log": N_("the server's log cannot be read"),
    "no_replica": N_("no replica is connected"),
    "no_samples": N_("not a single one was taken"),
    "server_crashed": N_("it crashed and recovered meanwhile: what was before is forgotten"),
    "unknown": N_("nobody measures it"),
}
TAKEN_OVER = {"commanded": N_("by a command"), "joined": N_("by coming"), "taken": N_("by taking the helm")}
"""How a person came to drive."""
_REASONS = {
    "cancelled": N_("it was cancelled"),
    "guard_breached": N_("a guard was breached"),
    "sql_error": N_("the server reported an error"),
    "session_state_lost": N_("what its earlier statements had set in their session is gone with it"),
    "connection": N_("the server could not be reached, or let nobody in"),
    "not_answered": N_("the question was not answered"),
    "out_of_memory": N_("there was no memory here for what the server answered"),
    "not_carried_out": N_("virada could not carry it out; the engine's log has the traceback"),
    "backup_unreadable": N_("the backup cannot be read"),
    "not_started": N_("the program could not be started"),
    "other_server": N_("another server answers than the run's"),
    "plan_changed": N_("a file of the frozen plan is not what was sealed, so nothing of it was executed"),
    "exit_status": N_("the program reported failure"),
    "signalled": N_("the program was ended by a signal"),
    "backend_gone": N_("its session was gone from the server, which it had not noticed"),
    "program_lost": N_("how the program ended is not known"),
    "leftover": N_("what an earlier attempt left unfinished is still there"),
    "not_proved": N_("its effect could not be proved"),
    "timeout": N_("it took longer than allowed"),
    "person": N_("a person asked for it"),
    "rollback": N_("the run is being rolled back"),
    "companion": N_("the step it accompanies has ended"),
    "interrupted": N_("the engine ended while it ran"),
    "connection_lost": N_("the connection to the server was lost while it ran"),
    "server_restarted": N_("the server was restarted while it ran"),
    "terminated": N_("somebody ended its session on the server"),
    "time_limit": N_("the server ended its session: a time limit of the server's was over"),
    "other_run": N_("another run is in the way on the target; nothing of it was done"),
    "other_target": N_("not the run's target answered; nothing of it was done there"),
    "outside_window": N_("its window was over before it could begin; nothing was done"),
    "host_ended": N_("the step it accompanies has ended"),
    "nothing_applied": N_("nothing of it was applied"),
    "step_failed": N_("a step failed"),
    "comparison_failed": N_("a comparison found a difference"),
    "errors_unresolved": N_("errors are unresolved"),
}


class _Reasons(Mapping[str, str]):
    """Those of no kind of step in particular, and what kinds say of their own."""

    def __getitem__(self, code: str) -> str:
        return _REASONS[code] if code in _REASONS or code not in _FAILURES else _of_kinds()[code]

    def __iter__(self) -> Iterator[str]:
        return iter({**_REASONS, **_of_kinds()})

    def __len__(self) -> int:
        return len(_REASONS) + len(_of_kinds())


@cache
def _of_kinds() -> dict[str, str]:
    from tui.steps.registry import KINDS

    texts = (text for kind in KINDS.values() for text in kind.texts.items())
    return {str(code): text for code, text in texts if code in _FAILURES}


_FAILURES = frozenset(FailReason)
REASON: Mapping[str, str] = _Reasons()
STREAM = {"engine": N_("engine"), "server": N_("server")}
"""Whose log a line is of."""
PROTECTION = {"ledger": N_("the ledger"), "xid": N_("its transaction's number")}
"""By what the fate of a commit is proved."""
BACKUP_PROOF = {
    "complete": N_("it is complete"), "files_as_written": N_("every file is as it was written"),
    "restored": N_("that it can be restored, and what is in it"), "said_so": N_("the program says that it is whole"),
    "since_begun": N_("it begins behind where the server stood when the step began"),
    "wal_there": N_("the WAL that it needs is there"),
}  # fmt: skip
"""What was, or was not, seen of a base backup."""
ANSWER = {"there": N_("its effect is there"), "not_there": N_("its effect is not there"), "none": N_("no answer")}
"""Of a proof."""
_CODED: dict[str, Mapping[str, str]] = {
    "replication": REPLICATION, "why": {**LEFT_OUT, **UNMEASURED, **NOT_COMPARED}, "protection": PROTECTION,
    "answer": ANSWER, "verified": BACKUP_PROOF, "not_verified": BACKUP_PROOF, "given_up": REASON,
    "cleanup": {"done": N_("done")},
}  # fmt: skip
"""Codes among the facts of evidence, by their keys."""


def word(table: Mapping[str, str], code: str | None) -> str:
    """The word for a code in the language in force; a code without one is shown as it is."""
    if code is None:
        return ""
    known = table.get(code)
    return _(known) if known is not None else visible(code)


def worded(value: Any, name: str = "") -> Any:
    """Evidence with words for the codes among its facts; not `visible` yet."""
    if isinstance(value, dict) and {"code", "facts"} == set(value):
        return told(value)
    if isinstance(value, dict):
        return {key: worded(part, str(key)) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [worded(part, name) for part in value]
    known = _CODED.get(name, {}).get(value) if isinstance(value, str) else None
    return value if known is None else _(known)


def reason_of(reason: str | None, sqlstate: str | None, status: str, by: str | None) -> str:
    """Why a step failed, was skipped (by a person: in its own words) or cancelled; the SQLSTATE where there is one."""
    is_own = status == "skipped" and by != "engine"
    told = visible(reason or "") if is_own else word(REASON, reason)
    return f"{told} (SQLSTATE {visible(sqlstate)})".strip() if sqlstate else told


def metric_word(metric: str) -> str:
    """A metric's name for people; one this version does not know keeps the name it has in the plan."""
    return _(METRICS[metric].word) if metric in METRICS else visible(metric)


def step_word(status: str) -> str:
    return word(STEP_STATUS, status)


def run_word(status: str) -> str:
    return word(RUN_STATUS, status)
