"""Words for a time that is not known, and for what was rehearsed on other data: what would make it known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from tui.locale import _, ngettext
from tui.run.state import RunState
from tui.run.unknown import Unknown, safe_lack
from tui.words.codes import ENVIRONMENT, word
from tui.words.figures import amount, size, whole
from tui.words.inert import visible

Pair = tuple[int | None, int | None]


def lack_words(code: str, basis: Mapping[str, Any] | None = None) -> str:
    """What is missing, in a few words: `no rehearsal of this work has rolled back`."""
    match code:
        case "no_window":
            return _("the target has no window")
        case "no_way_back":
            return _("the plan has neither undo nor rollback")
        case "never_rolled_back":
            return _("no rehearsal of this work has rolled back")
        case "not_comparable":
            return _("rehearsed on other data") if basis is None else share(basis)
        case "never_rehearsed":
            return _("neither rehearsed nor estimated")
        case "not_timed":
            return _("rehearsed without being timed, and not estimated")
        case "a_person":
            return _("a person signs it, without an estimate")
    return visible(code).replace("_", " ")


def remedy(code: str) -> str:
    """What would make it known, as a sentence; empty where nothing would."""
    match code:
        case "no_window":
            return _("Give the target a `window`.")
        case "no_way_back":
            return _("Give the steps an `undo`, or the plan a `rollback`.")
        case "never_rolled_back":
            return _("Rehearse the rollback on a copy of this size, or give the rollback's sections an `estimate`.")
        case "not_comparable":
            return _("Rehearse it on a copy of this size, or give it an `estimate`.")
        case "not_timed":
            return _("Rehearse it once more, or give it an `estimate`.")
        case "never_rehearsed" | "a_person":
            return _("Rehearse it, or give it an `estimate`.")
    return ""


def safe_words(code: str, basis: Mapping[str, Any] | None = None, window: bool = True) -> str:
    """Why there is no last safe rollback, as it stands on the screen and in `status`. Without a window there is no hour
    after which it is too late; how long a rollback takes is asked all the same."""
    if code in ("no_way_back", "no_window"):
        return _("no last safe rollback: {why}").format(why=lack_words(code, basis))
    if not window:
        return _("time of a rollback not known: {why}").format(why=lack_words(code, basis))
    return _("last safe rollback not known: {why}").format(why=lack_words(code, basis))


def share(basis: Mapping[str, Any]) -> str:
    """`rehearsed on 1 % of the data`, by the relation that differs most."""
    then, now = first(basis)
    if then is None or now is None:
        return _("rehearsed on data of a size that is not known")
    if now == 0 or then >= now:
        times = then / now if now else None
        if times is None or times >= 1000:
            return _("rehearsed on far more data")
        return _("rehearsed on {times} x the data").format(times=whole(round(times)))
    percent = 100 * then / now
    shown = "0" if then == 0 else amount(float(f"{percent:.0f}" if percent >= 1 else f"{percent:.1g}"))
    if 0 < percent < 0.1:
        shown = f"<{amount(0.1)}"
    return _("rehearsed on {n} % of the data").format(n=shown)


def first(basis: Mapping[str, Any]) -> Pair:
    """Then and now of what differs most; the sizes stand in that order."""
    for pair in basis["sizes"].values():
        return pair[0], pair[1]
    return None, None


def sizes_words(basis: Mapping[str, Any]) -> str:
    """`orders 12.0 MB then, 1.2 GB now; the database …`."""
    return "; ".join(
        _("{name} {then} then, {now} now").format(
            name=visible(name) if name else _("the database's data"), then=_size(pair[0]), now=_size(pair[1])
        )
        for name, pair in basis["sizes"].items()
    )


def place_words(basis: Mapping[str, Any]) -> str:
    """`staging (staging, PostgreSQL 15, another server)`."""
    parts = [word(ENVIRONMENT, basis["environment"])]
    if basis["server_version"] is not None:
        parts.append(f"PostgreSQL {basis['server_version'] // 10000}")
    if basis["same_server"] is not None:
        parts.append(_("this server") if basis["same_server"] else _("another server"))
    return f"{visible(basis['target'])} ({', '.join(parts)})"


def lacking_steps(count: int) -> str:
    """Of how many steps nothing is known."""
    return ngettext("{n} step without estimate", "{n} steps without estimate", count).format(n=count)


def lacking_lines(state: RunState) -> list[str]:
    """As a run opens: what its rehearsals do not tell, and why."""
    opened = state.opened
    lack = safe_lack(state)
    if opened is None or lack is None:
        return []
    found = []
    if lack.code != Unknown.NO_WINDOW:
        basis = None if lack.basis is None else to_builtins(lack.basis)
        found.append(safe_words(lack.code, basis, opened.window is not None))
    used = {each.basis for each in opened.rehearsed.values()}
    for place, basis in enumerate(opened.bases):
        if place not in used or basis.comparable:
            continue
        told = to_builtins(basis)
        text = _("not comparable, rehearsed on {place}: {sizes}")
        found.append(text.format(place=place_words(told), sizes=sizes_words(told)))
    return found


def _size(value: int | None) -> str:
    return "?" if value is None else size(value)
