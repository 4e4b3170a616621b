"""Whom we wait for and who waits for us: every running step with its reason and its lock tree."""

from __future__ import annotations

from typing import Any

from tui.console.pieces import Line, clipped
from tui.console.view import View
from tui.console.visible import cut, visible, wrapped
from tui.console.words import ago, clock, name_of, progress_sentence, session_words, sessions, waiting_sentence
from tui.locale import _


def waits(view: View, width: int) -> list[Line]:
    """For every running step: what it is, why it waits and since when, and the sessions concerned."""
    lines: list[Line] = []
    for at in view.state.running():
        lines.append(((name_of(at), "bold"),))
        if at.waiting:
            since = "" if at.waiting_since is None else clock(max(0.0, view.moment.mono - at.waiting_since)) + " "
            text = since + waiting_sentence(at.waiting, at.waiting_facts)
            lines.extend(((f"  {part}", "warn"),) for part in wrapped(text, width - 2))
            lines.extend(_locks(at.waiting_facts, width))
        else:
            text = progress_sentence(at.progress) if at.progress else _("runs and waits for nothing")
            lines.append(((f"  {text}", "dim"),))
    return lines or [((_("Nothing runs, so nothing waits."), "dim"),)]


def _locks(facts: dict[str, Any], width: int) -> list[Line]:
    """The lock tree: what we want, who holds it, who waits for us."""
    lines: list[Line] = []
    titles = {"ours": _("we are"), "blockers": _("held by"), "blocked": _("waits for us")}
    for side, title in titles.items():
        named = sessions(facts, side)
        for session in named:
            lines.append(clipped(((f"  {title} ", "dim"), (session_words(session), "text")), width))
            if session.get("wanted"):
                lines.append(clipped(((f"    {_('wants')} ", "dim"), (visible(str(session["wanted"])), "text")), width))
            held = session.get("held")
            if side == "blockers" and isinstance(held, list | tuple) and held:
                text = ", ".join(visible(str(lock)) for lock in held)
                lines.append(clipped(((f"    {_('holds')} ", "dim"), (text, "text")), width))
            if isinstance(session.get("transaction_age_s"), int | float):
                text = _("its transaction is open for {span}").format(span=ago(session["transaction_age_s"]))
                lines.append(clipped(((f"    {text}", "dim"),), width))
            if side != "ours" and session.get("query"):
                lines.append(clipped(((f"    {cut(visible(str(session['query'])), width - 4)}", "dim"),), width))
        count = facts.get("blocked_count") if side == "blocked" else None
        if isinstance(count, int) and count > len(named):
            text = _("and {n} more wait for us").format(n=count - len(named))
            lines.append(clipped(((f"  {text}", "dim"),), width))
    return lines
