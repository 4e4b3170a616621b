"""Why a step waits, in words: whoever holds its lock, other runs, a target that does not answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tui.locale import _, ngettext
from tui.run.lockwait import root, sessions
from tui.run.other_runs import awaited
from tui.said import N_
from tui.words.codes import STEP_WAITING, metric_word, word
from tui.words.figures import ago, amount, figure
from tui.words.inert import visible
from tui.words.said import say, told
from tui.words.values import facts_words

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)Z")
_KNOWN = {
    "lock_retry": N_("did not get its lock; try {try} of {of}, next in {pause_s} s"),
    "throttled_by_guard": N_("pauses because {metric} is over its limit ({value})"),
    "replication_lag": N_("pauses because a replica is {lag_s} s behind (limit {limit_s} s)"),
    "lag_unknown": N_("pauses because nobody knows how far the replicas are (limit {limit_s} s)"),
    "proof_unanswered": N_("asks again whether its effect is there; no answer yet: {message}"),
    "unanswered": N_("asks again; no answer yet: {message}"),
    "server_unreachable": N_("waits for the server, which cannot be reached: {message}"),
    "target_silent": N_("the target has not answered since {since}"),
    "cancel_unheard": N_("its end is asked for since {since}, and the target does not hear it"),
    "synchronous_standby": N_("its commit is on this server, and waits for the synchronous standby {standbys}"),
}
"""Where more is known than the code: with facts by their keys."""
_TELLING: dict[str, tuple[str, ...]] = {
    "other_target": (), "backend_gone": (), "connection_stalled": (), "attempt_key_held": (), "backend_alive": ("pid",),
    "xid_in_progress": ("xid",),
}  # fmt: skip
"""Of which not every fact tells a person something: those that do."""


def wait_words(reason: str, facts: dict[str, Any]) -> str:
    """Why a step waits, as a sentence without an end; a reason this version does not know as it is, with its facts."""
    facts = {name: told(fact) if isinstance(fact, dict) and "code" in fact else fact for name, fact in facts.items()}
    match reason:
        case "target_key":
            return say(awaited(facts))
        case "lock":
            return _lock(facts)
        case "lock_retry":
            return _with_facts(reason, facts) + _holder(facts)
        case "unanswered" | "proof_unanswered" if whose := lock_words(facts):
            return f"{_with_facts(reason, facts)}; {whose}"
        case "blocks_others":
            return _blocks(facts)
        case "old_transaction":
            whose = _older(facts)
            return word(STEP_WAITING, reason) + (f": {whose}" if whose else "")
        case "standby_behind":
            return _behind(facts)
    return _with_facts(reason, facts)


def _with_facts(reason: str, facts: dict[str, Any]) -> str:
    with suppress(KeyError):
        return _(_KNOWN[reason]).format_map(_shown(facts))
    text = word(STEP_WAITING, reason) if reason in STEP_WAITING else _("waits: {reason}").format(reason=visible(reason))
    telling = _TELLING.get(reason, tuple(facts))
    rest = facts_words((name, fact) for name, fact in facts.items() if name in telling)
    return text + (f" ({rest})" if rest else "")


def _shown(facts: dict[str, Any]) -> dict[str, str]:
    """Each scalar among the facts as it is shown; one that is not known is not among them."""
    scalars = {name: value for name, value in facts.items() if isinstance(value, str | int | float)}
    shown = {name: visible(amount(value)) for name, value in scalars.items()}
    instant = _INSTANT.fullmatch(str(facts.get("since", "")))
    if instant is not None:
        shown["since"] = f"{instant[1]} UTC"
    if "metric" in scalars:
        metric, value = str(facts["metric"]), facts.get("value")
        shown["metric"] = metric_word(metric)
        shown["value"] = figure(metric, value, exact=True) if isinstance(value, int | float) else "?"
    return shown


def _behind(facts: dict[str, Any]) -> str:
    behind, shown = facts.get("bytes"), _shown(facts)
    text = ngettext(
        "waits until the standby {service} has replayed {lsn}; it is {bytes} byte behind",
        "waits until the standby {service} has replayed {lsn}; it is {bytes} bytes behind",
        behind if isinstance(behind, int) else 2,
    )
    return text.format(service=shown.get("from", "?"), lsn=shown.get("wanted", "?"), bytes=shown.get("bytes", "?"))


def session_words(session: dict[str, Any]) -> str:
    """`pid 4711, ana, psql, idle in transaction for 3 min`; `the prepared transaction pay-17, prepared 3 h ago`."""
    if session.get("gid"):
        return _prepared(session)
    parts = [_("pid {pid}").format(pid=visible(str(session.get("pid", "?"))))]
    parts.extend(visible(str(session[name])) for name in ("user", "application") if session.get(name))
    waited, state, age = session.get("waiting_s"), session.get("state"), session.get("state_age_s")
    if isinstance(waited, int | float):
        parts.append(_("waits for {span}").format(span=ago(waited)))
    elif state:
        since = " " + _("for {span}").format(span=ago(age)) if isinstance(age, int | float) else ""
        parts.append(visible(str(state)) + since)
    return ", ".join(parts)


def _prepared(holder: dict[str, Any]) -> str:
    """A prepared transaction that holds a lock: its gid, and how long ago it was prepared."""
    gid, age = visible(str(holder.get("gid", "?"))), holder.get("transaction_age_s")
    if not isinstance(age, int | float):
        return _("the prepared transaction {gid}").format(gid=gid)
    return _("the prepared transaction {gid}, prepared {span} ago").format(gid=gid, span=ago(age))


def _holder(facts: dict[str, Any]) -> str:
    holder = root(facts)
    return "" if holder is None else ", " + _("held by {holder}").format(holder=session_words(holder))


def lock_words(facts: Mapping[str, Any]) -> str:
    """Whose lock it was that was not to be had, as a sentence without an end; empty where nobody saw it."""
    held_by = root(facts)
    if held_by is None:
        return ""
    wanted, holder = str(facts.get("wanted") or ""), session_words(held_by)
    if not wanted:
        return _("the lock was held by {holder}").format(holder=holder)
    text = _("the lock on {relation} was held by {holder}")
    return text.format(relation=visible(wanted.partition(" ")[2] or wanted), holder=holder)


def _older(facts: dict[str, Any]) -> str:
    oldest = root(facts)
    if oldest is None:
        return ""
    age = oldest.get("transaction_age_s")
    if oldest.get("gid") or not isinstance(age, int | float):
        return session_words(oldest)
    return f"{session_words(oldest)}, " + _("its transaction is open for {span}").format(span=ago(age))


def _lock(facts: dict[str, Any]) -> str:
    ours = sessions(facts, "ours")
    wanted = str(ours[0].get("wanted") or "") if ours else ""
    text = word(STEP_WAITING, "lock")
    if wanted:
        # Mode and relation; the relation is what people look for.
        text = _("waits for a lock on {relation}").format(relation=visible(wanted.partition(" ")[2] or wanted))
    text += _holder(facts)
    count = facts.get("blocked_count")
    if isinstance(count, int) and count > 0:
        text += "; " + ngettext("{n} session queues behind us", "{n} sessions queue behind us", count).format(n=count)
    return text


def _blocks(facts: dict[str, Any]) -> str:
    count = facts.get("blocked_count")
    count = count if isinstance(count, int) else len(sessions(facts, "blocked"))
    if not count:
        return word(STEP_WAITING, "blocks_others")
    text = ngettext("holds a lock that {n} session waits for", "holds locks that {n} sessions wait for", count)
    return text.format(n=count)
