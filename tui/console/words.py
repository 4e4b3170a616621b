"""Words and numbers for people: statuses, spans, figures of metrics, why a step waits."""

from __future__ import annotations

from typing import Any

from tui.console.view import Mode
from tui.console.visible import visible
from tui.locale import _, ngettext
from tui.run.steps import Status, StepState

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
    }.get(status, status)  # fmt: skip


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
    return {
        "all": _("all of it is in the database"), "some": _("part of it is in the database"),
        "none": _("nothing of it is in the database"), "unknown": _("unknown what of it is in the database"),
    }.get(effect, visible(effect))  # fmt: skip


def clock(seconds: float) -> str:
    """`0:07`, `12:34`, `1:02:03`, `2d 03:04`: a span that counts."""
    whole = int(abs(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 86400:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 86400}d {whole % 86400 // 3600:02d}:{whole % 3600 // 60:02d}"


def ago(seconds: float) -> str:
    """`3 s`, `12 min`, `2 h 05 min`, `3 d`: a span that is only roughly meant."""
    whole = int(abs(seconds))
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
    return f"T{'-' if seconds < 0 else '+'}{int(abs(seconds) / 60 + 0.5)}m"


def number(value: float) -> str:
    """`12,400`, `3.5`, `0.042`: as many digits as say something."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.3g}"


def size(value: float) -> str:
    """Bytes: `512 B`, `1.5 kB`, `12 MB`."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(value) < 999.5 or unit == "TB":
            return f"{value:.0f} {unit}" if unit == "B" or abs(value) >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


_SHARES = frozenset(("cpu", "memory", "connections", "disk", "disk_used", "cache_hit", "swap"))


def figure(metric: str, value: float) -> str:
    """A metric's value in its own unit: seconds, shares of one, bytes, or a count, told by the metric's name."""
    if metric in _SHARES or metric.endswith("_share"):
        return f"{value * 100:.0f} %"
    rate = metric == "tps" or metric.endswith(("_per_s", "_rate", "bytes_s", "rows_s"))
    if "wal" in metric or "bytes" in metric:
        return f"{size(value)}/s" if rate else size(value)
    if rate:
        return f"{number(value)}/s"
    if metric.startswith("response_time") or metric.endswith(("_seconds", "_s", "lag")):
        return f"{value * 1000:.0f} ms" if abs(value) < 1 else f"{value:.1f} s"
    return number(value)


def relation_sign(relation: str) -> str:
    return {"below": "<", "above": ">", "equals": "="}.get(relation, "?")


def guard_word(state: str) -> str:
    return {"ok": _("ok"), "over": _("over"), "breached": _("BREACHED"), "unknown": _("unknown")}.get(state, state)


GUARD_STYLE = {"ok": "ok", "over": "warn", "breached": "bad", "unknown": "dim"}


def waiting_sentence(reason: str, facts: dict[str, Any]) -> str:
    """Why a step waits, in words; a reason this version does not know is shown as it is, with its facts."""
    known = {name: visible(str(value)) for name, value in facts.items() if not isinstance(value, dict | list | tuple)}
    match reason:
        case "lock" | "lock_wait":
            return _lock(known)
        case "lock_retry":
            text = _("did not get its lock; try {attempt} of {of}, next in {pause} s")
            return text.format(attempt=known.get("try", "?"), of=known.get("of", "?"), pause=known.get("pause_s", "?"))
        case "throttled_by_guard":
            text = _("pauses because {metric} is over its limit ({value})")
            return text.format(metric=known.get("metric", "?"), value=known.get("value", "?"))
        case "replication_lag":
            text = _("pauses because a replica is {lag} s behind (limit {limit} s)")
            return text.format(lag=known.get("lag_s", "?"), limit=known.get("limit_s", "?"))
        case "target_key":
            return _("waits for another run to leave the target")
    words = visible(reason).replace("_", " ")
    rest = ", ".join(f"{name} {value}" for name, value in known.items())
    return _("waits: {reason}").format(reason=words) + (f" ({rest})" if rest else "")


def _lock(facts: dict[str, str]) -> str:
    on = next((facts[name] for name in ("relation", "on", "table", "object") if name in facts), None)
    text = _("waiting for a lock") if on is None else _("waiting for a lock on {relation}").format(relation=on)
    pid = next((facts[name] for name in ("pid", "blocker", "held_by", "blocked_by") if name in facts), None)
    if pid is not None:
        text += ", " + _("held by pid {pid}").format(pid=pid)
    state = facts.get("state") or facts.get("blocker_state")
    if state:
        text += f", {state}"
    seconds = facts.get("idle_s") or facts.get("xact_s") or facts.get("for_s") or facts.get("state_s")
    if seconds:
        try:
            text += " " + _("for {span}").format(span=ago(float(seconds)))
        except ValueError:
            pass
    behind = facts.get("queue") or facts.get("queued") or facts.get("behind")
    if behind and behind.isdigit() and int(behind):
        count = int(behind)
        text += "; " + ngettext("{n} session queues behind us", "{n} sessions queue behind us", count).format(n=count)
    return text


def progress_sentence(progress: dict[str, Any]) -> str:
    """`12,400 of 40,000 rows (31 %)`; no share where the total is not known."""
    done, total = progress.get("done"), progress.get("total")
    unit, phase = visible(str(progress.get("unit") or "")), visible(str(progress.get("phase") or ""))
    text = ""
    if isinstance(done, int | float):
        bytes_ = unit == "bytes"
        shown = size(done) if bytes_ else number(done)
        text = shown if bytes_ else f"{shown} {unit}".rstrip()
        if isinstance(total, int | float) and total > 0:
            whole = size(total) if bytes_ else number(total)
            text = _("{done} of {total}").format(done=shown, total=whole if bytes_ else f"{whole} {unit}".rstrip())
            text += f" ({min(done / total, 1.0) * 100:.0f} %)"
    return ": ".join(part for part in (phase, text) if part)


def name_of(at: StepState) -> str:
    """`2.3.1 Run the migration`."""
    return visible(f"{at.place.number} {at.step.title}")


def reason_text(at: StepState) -> str:
    """Why it failed, was skipped or cancelled: the reason, and the SQLSTATE where there is one."""
    reason = visible((at.reason or "").replace("_", " "))
    return f"{reason} (SQLSTATE {visible(at.sqlstate)})".strip() if at.sqlstate else reason
