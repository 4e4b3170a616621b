"""Whom we wait for and who waits for us: every running step with its reason and its lock tree."""

from __future__ import annotations

from typing import Any

from tui.locale import _, ngettext
from tui.pictures.cells import wrapped
from tui.pictures.lines import Line, clipped
from tui.pictures.view import View
from tui.run.lockwait import sessions
from tui.words.figures import ago, clock
from tui.words.inert import visible
from tui.words.progress import progress_of
from tui.words.steps import name_of
from tui.words.waiting import session_words, wait_words


def waits(view: View, width: int) -> list[Line]:
    """For every running step: what it is, why it waits and since when, and the sessions concerned."""
    lines: list[Line] = []
    for at in view.state.running():
        lines.append(((name_of(at), "bold"),))
        if view.nothing_runs:
            lines.append((("  " + _("as it was when its engine ended"), "bad"),))
        if at.waiting:
            since = "" if at.waiting_since is None else clock(max(0.0, view.moment.mono - at.waiting_since)) + " "
            text = since + wait_words(at.waiting, at.waiting_facts)
            lines.extend(((f"  {part}", "warn"),) for part in wrapped(text, width - 2))
            lines.extend(_locks(at.waiting_facts, width))
        else:
            text = progress_of(at) if at.progress else _("runs and waits for nothing")
            lines.append(((f"  {text}", "dim"),))
    return lines or [((_("Nothing runs, so nothing waits."), "dim"),)]


def _locks(facts: dict[str, Any], width: int) -> list[Line]:
    """The lock tree: what we want, who holds it, who waits for us."""
    lines: list[Line] = []
    if facts.get("wanted") and not sessions(facts, "ours"):
        # Between two tries: who held the lock when it was last asked for.
        label = _("wants")
        lines.append(clipped(((f"  {label} ", "dim"), (visible(str(facts["wanted"])), "text")), width))
    titles = {"ours": _("we are"), "blockers": _("held by"), "blocked": _("waits for us")}
    for side, title in titles.items():
        named = sessions(facts, side)
        for session in named:
            lines.extend(_session(session, side, title, width))
        count = facts.get("blocked_count") if side == "blocked" else None
        if isinstance(count, int) and count > len(named):
            more = count - len(named)
            text = ngettext("and {n} more waits for us", "and {n} more wait for us", more).format(n=more)
            lines.append(clipped(((f"  {text}", "dim"),), width))
    return lines


def _session(session: dict[str, Any], side: str, title: str, width: int) -> list[Line]:
    """One session, as far to the right as it is away from us, with the pids it waits for itself."""
    depth = session.get("depth")
    margin = "  " * min(6, max(1, depth if isinstance(depth, int) else 1))
    for_whom = session.get("waits_for")
    behind = [str(pid) for pid in for_whom if isinstance(pid, int)] if isinstance(for_whom, list | tuple) else []
    if side == "blockers" and not behind:
        # Who waits for nobody is where the queue comes from.
        title = _("held by, at the root,") if isinstance(depth, int) and depth > 1 else title
    if side == "blocked" and isinstance(depth, int) and depth > 1:
        title = _("waits behind it")
    lines: list[Line] = [clipped(((f"{margin}{title} ", "dim"), (session_words(session), "text")), width)]

    def more(label: str, text: str, style: str = "text") -> None:
        lines.append(clipped(((f"{margin}  {label} ".rstrip() + " ", "dim"), (text, style)), width))

    if session.get("wanted"):
        more(_("wants"), visible(str(session["wanted"])))
    held = session.get("held")
    if side == "blockers" and isinstance(held, list | tuple) and held:
        more(_("holds"), ", ".join(visible(str(lock)) for lock in held))
    if side != "ours" and behind and (side == "blockers" or (isinstance(depth, int) and depth > 1)):
        more(_("waits itself for"), _("pid {pid}").format(pid=", ".join(behind)), "warn")
    if isinstance(session.get("transaction_age_s"), int | float):
        text = _("its transaction is open for {span}").format(span=ago(session["transaction_age_s"]))
        lines.append(clipped(((f"{margin}  {text}", "dim"),), width))
    if side != "ours" and session.get("query"):
        lines.append(clipped(((f"{margin}  {visible(str(session['query'])[: width * 4])}", "dim"),), width))
    return lines
