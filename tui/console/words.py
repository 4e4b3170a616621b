"""Words and numbers for people: statuses, spans, figures of metrics, why a step waits."""

from __future__ import annotations

import math
from typing import Any

from tui.console.view import Mode
from tui.console.visible import visible
from tui.finite import digits, share, span
from tui.helm.neighbour import awaited_words
from tui.locale import _, language, ngettext
from tui.plain.silence import silence_words
from tui.plain.words import EFFECT, METRIC, REASON, excepted, holder_words, prepared_words, unit_word, word
from tui.run.state import RunState
from tui.run.steps import Status, StepState
from tui.run.takeback import stays

STATUS_STYLE: dict[Status, str] = {
    "pending": "dim", "running": "run", "passed": "ok", "failed": "bad", "skipped": "warn", "signed": "ok",
    "by_hand": "ok", "cancelled": "warn", "undone": "warn", "undecided": "bad",
}  # fmt: skip
RUN_STYLE = {
    "scheduled": "text", "running": "run", "held": "warn", "rolling_back": "bad", "rolled_back": "warn",
    "rollback_failed": "bad", "completed": "ok", "failed": "bad", "undecided": "bad",
}  # fmt: skip


def status_word(status: Status) -> str:
    """A step's status."""
    return {
        "pending": _("pending"), "running": _("running"), "passed": _("passed"), "failed": _("failed"),
        "skipped": _("skipped"), "signed": _("signed"), "by_hand": _("by hand"), "cancelled": _("cancelled"),
        "undone": _("undone"), "undecided": _("undecided"),
    }[status]  # fmt: skip


def run_word(status: str) -> str:
    """A run's status."""
    return {
        "scheduled": _("scheduled"), "running": _("running"), "held": _("held"), "rolling_back": _("rolling back"),
        "rolled_back": _("rolled back"), "rollback_failed": _("rollback failed"), "completed": _("completed"),
        "failed": _("failed"), "undecided": _("undecided"),
    }.get(status, visible(status))  # fmt: skip


def outcome_word(state: RunState) -> str:
    """A run's status, and the step that its rollback has not taken back, by its number, or how many."""
    left = [state.steps[step].place.number for step in stays(state)]
    return run_word(state.status) + (excepted(left, 1) if state.status == "rolled_back" else "")


def environment_word(environment: str) -> str:
    """The environment in capitals, as it is painted."""
    known = {"production": _("PRODUCTION"), "staging": _("STAGING"), "development": _("DEVELOPMENT")}
    return known.get(environment, visible(environment).upper())


def mode_word(mode: Mode) -> str:
    return {"operator": _("OPERATOR"), "observer": _("OBSERVER"), "replay": _("REPLAY")}[mode]


def fate_word(fate: str) -> str:
    return {
        "applied": _("applied"), "not_applied": _("not applied"), "still_running": _("still running"),
        "undecided": _("undecided"),
    }.get(fate, visible(fate))  # fmt: skip


def effect_word(effect: str) -> str:
    return word(EFFECT, effect)


def clock(seconds: float) -> str:
    """`0:07`, `12:34`, `1:02:03`, `2d 03:04`: a span that counts."""
    whole = int(abs(span(seconds)))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 86400:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 86400}d {whole % 86400 // 3600:02d}:{whole % 3600 // 60:02d}"


def ago(seconds: float) -> str:
    """`3 s`, `12 min`, `2 h 05 min`, `3 d`: a span that is only roughly meant."""
    whole = int(abs(span(seconds)))
    if whole < 60:
        return _("{n} s").format(n=whole)
    if whole < 3600:
        return _("{n} min").format(n=whole // 60)
    if whole < 86400:
        return _("{h} h {m:02d} min").format(h=whole // 3600, m=whole % 3600 // 60)
    return _("{n} d").format(n=whole // 86400)


def offset(seconds: float) -> str:
    """`T+12:34`, `T-0:45`: seconds from the window's opening."""
    return f"T{'-' if seconds < 0 else '+'}{clock(seconds)}"


def minutes_offset(seconds: float) -> str:
    """`T+38m`: an instant that is only expected, so no seconds."""
    return f"T{'-' if seconds < 0 else '+'}{int(abs(span(seconds)) / 60 + 0.5)}m"


def number(value: float) -> str:
    """`12,400`, `12.3 M`, `3.5`, `0.042`: as many digits as say something, and never more than nine columns; with the
    signs of the language in force."""
    return _number(value).translate(_COMMA) if language() == "pt_BR" else _number(value)


_COMMA = str.maketrans(",.", ".,")
"""What English writes 12,400.5 is 12.400,5 in Brazil."""


def _number(value: float) -> str:
    for unit, factor in (("T", 1e12), ("G", 1e9), ("M", 1e6)):
        if abs(value) >= factor * 10:
            form = ",.1f" if abs(value) < factor * 1000 else ",.0f"
            return f"{digits(value / factor, form)} {unit}"
    if not math.isfinite(value):
        return "?"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.3g}"


def size(value: float) -> str:
    """Bytes: `512 B`, `1.5 kB`, `12 MB`."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(value) < 999.5 or unit == "TB":
            form = ".0f" if unit == "B" or abs(value) >= 100 else ".1f"
            text = f"{digits(value, form)} {unit}"
            return text.translate(_COMMA) if language() == "pt_BR" else text
        value /= 1000
    raise AssertionError


_SHARES = frozenset(("cpu", "memory", "connections", "disk", "disk_used", "cache_hit", "swap"))
_SECONDS = ("_seconds", "_s", "lag", "idle_in_transaction")


def figure(metric: str, value: float) -> str:
    """A metric's value in its own unit: seconds, shares of one, bytes, or a count, told by the metric's name."""
    if metric in _SHARES or metric.endswith("_share"):
        return f"{digits(value * 100, '.0f')} %"
    rate = metric == "tps" or metric.endswith(("_per_s", "_rate", "bytes_s", "rows_s"))
    if "wal" in metric or "bytes" in metric:
        return f"{size(value)}/s" if rate else size(value)
    if rate:
        return f"{number(value)}/s"
    if metric.startswith("response_time") or metric.endswith(_SECONDS):
        return f"{value * 1000:.0f} ms" if abs(value) < 1 else f"{digits(value, '.1f')} s"
    return number(value)


def metric_word(metric: str) -> str:
    """A metric's name for people; one this version does not know keeps the name it has in the plan."""
    return visible(word(METRIC, metric))


def relation_sign(relation: str) -> str:
    return {"below": "<", "above": ">", "equals": "="}.get(relation, "?")


def guard_word(state: str) -> str:
    return {"ok": _("ok"), "over": _("over"), "breached": _("BREACHED"), "unknown": _("no data")}.get(state, state)


GUARD_STYLE = {"ok": "ok", "over": "warn", "breached": "bad", "unknown": "dim"}


def waiting_sentence(reason: str, facts: dict[str, Any]) -> str:
    """Why a step waits, in words; a reason this version does not know is shown as it is, with its facts."""
    known = {
        visible(name): visible(str(value))
        for name, value in facts.items()
        if not isinstance(value, dict | list | tuple)
    }
    silence = silence_words(reason, facts)
    if silence is not None:
        return silence
    match reason:
        case "lock":
            return _lock(facts)
        case "old_transaction":
            text, whose = _("waits for a transaction older than its own to end"), holder_words(facts, reason)
            return f"{text}: {whose}" if whose else text
        case "blocks_others":
            return _blocks(facts)
        case "lock_retry":
            text = _("did not get its lock; try {attempt} of {of}, next in {pause} s")
            text = text.format(attempt=known.get("try", "?"), of=known.get("of", "?"), pause=known.get("pause_s", "?"))
            return text + _holder(facts)
        case "other_target":
            return _("waits for the run's own target: something else answers in its name")
        case "throttled_by_guard":
            text = _("pauses because {metric} is over its limit ({value})")
            value = known.get("value")
            return text.format(metric=known.get("metric", "?"), value="?" if value is None else value)
        case "replication_lag":
            text = _("pauses because a replica is {lag} s behind (limit {limit} s)")
            return text.format(lag=known.get("lag_s", "?"), limit=known.get("limit_s", "?"))
        case "standby_behind":
            behind = facts.get("bytes")
            text = ngettext(
                "waits until the standby {service} has replayed {lsn}; it is {bytes} byte behind",
                "waits until the standby {service} has replayed {lsn}; it is {bytes} bytes behind",
                behind if isinstance(behind, int) else 2,
            )
            return text.format(
                service=known.get("from", "?"), lsn=known.get("wanted", "?"), bytes=known.get("bytes", "?")
            )
        case "lag_unknown":
            text = _("pauses because nobody knows how far the replicas are (limit {limit} s)")
            return text.format(limit=known.get("limit_s", "?"))
        case "proof_unanswered":
            return _("asks again whether its effect is there; no answer yet: {message}").format(
                message=known.get("message", "?")
            )
        case "unanswered":
            return _("asks again; no answer yet: {message}").format(message=known.get("message", "?"))
        case "other_target":
            return _("waits for the run's own target: something else answers in its name")
        case "target_key":
            return awaited_words(facts)
        case "still_running":
            return _("waits for what still runs on the server")
        case "server_unreachable":
            return _("waits for the server, which cannot be reached: {message}").format(
                message=known.get("message", "?")
            )
    words = visible(reason).replace("_", " ")
    rest = ", ".join(f"{name} {value}" for name, value in known.items())
    return _("waits: {reason}").format(reason=words) + (f" ({rest})" if rest else "")


def sessions(facts: dict[str, Any], side: str) -> list[dict[str, Any]]:
    """The sessions of a lock tree on one side (`ours`, `blockers`, `blocked`), nearest first."""
    found = facts.get(side)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list | tuple) else []


def session_words(session: dict[str, Any]) -> str:
    """`pid 4711, ana, psql, idle in transaction for 3 min`; `the prepared transaction 'pay-17' of ana, 3 h old`."""
    if session.get("gid"):
        return prepared_words(session)
    parts = [_("pid {pid}").format(pid=visible(str(session.get("pid", "?"))))]
    parts.extend(visible(str(session[name])) for name in ("user", "application") if session.get(name))
    waited = session.get("waiting_s")
    if isinstance(waited, int | float):
        parts.append(_("waits for {span}").format(span=ago(waited)))
        return ", ".join(parts)
    return ", ".join([*parts, *_state(session)])


def _state(session: dict[str, Any]) -> list[str]:
    state, age = str(session.get("state") or ""), session.get("state_age_s")
    if not state:
        return []
    span = " " + _("for {span}").format(span=ago(age)) if isinstance(age, int | float) else ""
    return [visible(state) + span]


def _lock(facts: dict[str, Any]) -> str:
    ours = sessions(facts, "ours")
    wanted = str(ours[0].get("wanted") or "") if ours else ""
    text = _("waiting for a lock")
    if wanted:
        # Mode and relation; the relation is what people look for.
        text = _("waiting for a lock on {relation}").format(relation=visible(wanted.partition(" ")[2] or wanted))
    text += _holder(facts)
    count = facts.get("blocked_count")
    if isinstance(count, int) and count > 0:
        text += "; " + ngettext("{n} session queues behind us", "{n} sessions queue behind us", count).format(n=count)
    return text


def _holder(facts: dict[str, Any]) -> str:
    """Who holds the lock, from where the queue comes; empty while nobody is known."""
    blockers = sessions(facts, "blockers")
    root = next((each for each in blockers if not each.get("waits_for")), blockers[0] if blockers else None)
    if root is None:
        return ""
    if root.get("gid"):
        return ", " + _("held by {holder}").format(holder=prepared_words(root))
    text = ", " + _("held by pid {pid}").format(pid=visible(str(root.get("pid", "?"))))
    return text + "".join(f", {part}" for part in _state(root))


def _blocks(facts: dict[str, Any]) -> str:
    count = facts.get("blocked_count")
    count = count if isinstance(count, int) else len(sessions(facts, "blocked"))
    text = ngettext("{n} session waits for a lock that we hold", "{n} sessions wait for locks that we hold", count)
    return text.format(n=count)


def progress_sentence(progress: dict[str, Any]) -> str:
    """`12,400 of 40,000 rows (31 %)`; no share where the total is not known."""
    done, total = progress.get("done"), progress.get("total")
    counted = done if not isinstance(total, int | float) or total <= 0 else total
    unit, phase = unit_word(str(progress.get("unit") or ""), counted), visible(str(progress.get("phase") or ""))
    text = ""
    if isinstance(done, int | float):
        bytes_ = progress.get("unit") == "bytes"
        shown = size(done) if bytes_ else number(done)
        text = shown if bytes_ else f"{shown} {unit}".rstrip()
        if isinstance(total, int | float) and total > 0:
            whole = size(total) if bytes_ else number(total)
            text = _("{done} of {total}").format(done=shown, total=whole if bytes_ else f"{whole} {unit}".rstrip())
            text += f" ({share(done, total) * 100:.0f} %)"
    return ": ".join(part for part in (phase, text) if part)


def name_of(at: StepState) -> str:
    """`2.3.1 Run the migration`."""
    return visible(f"{at.place.number} {at.step.title}")


def is_committed(at: StepState) -> bool:
    """Whether its outcome carries the proof that a transaction of it was committed."""
    return at.effect != "none" and ("commit" in at.evidence or at.witness is not None)


def reason_text(at: StepState) -> str:
    """Why it failed, was skipped or cancelled: the reason, and the SQLSTATE where there is one."""
    reason = word(REASON, at.reason)
    return f"{reason} (SQLSTATE {visible(at.sqlstate)})".strip() if at.sqlstate else reason
