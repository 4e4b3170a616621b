"""Words for what a command costs: the target's name, and a reason. How to give them is each client's to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui.locale import _
from tui.words.codes import run_word
from tui.words.figures import whole
from tui.words.inert import visible

MOST_NAMED = 12
"""Steps and errors that are named one by one."""


def confirmation_words(facts: dict[str, Any], name: Callable[[str], str] = visible) -> str | None:
    """Why a command costs a confirmation, and which; `facts`: as `tui.run.confirmation.unconfirmed` gives them. `name`:
    how a step is called where the words are shown, by its id."""
    target = visible(str(facts.get("target", "?")))
    texts = {
        "typed": _("The plan says of this step that it is dangerous: it costs the name of the target, {target}."),
        "buffer": _("Only the window's buffer is left: to change something now costs the name of the target, {target}, "
                    "and a reason."),
        "window": _("The window is over: to change something costs the name of the target, {target}, and a reason."),
        "undo": _("To undo a step costs the name of the target: {target}."),
        "close": _("Once the run is closed no rollback takes back what stays applied: to close it costs the name of "
                   "the target, {target}, and a reason."),
        "amended": _(
            "This step was amended after the run opened, and was not rehearsed since: it costs the name of the target, "
            "{target}."
        ),
        "amend": _("A changed plan on production costs the name of the target, {target}, and a reason."),
        "other": _("The name of another target came with it; this run's is {target}."),
    }  # fmt: skip
    text = texts.get(str(facts.get("why")))
    if "foretold" in facts and facts.get("why") == "typed":
        text = _("This step is dangerous, whatever the plan says: it costs the name of the target, {target}.")
    if text is None:
        return None
    begun = [name(str(step)) for step in facts.get("with") or ()]
    also = [_("With it begin: {steps}.").format(steps=_listed(begun))] if begun else []
    before = [*_at_stake(facts, name), *_foretold(facts)]
    return " ".join([*before, text.format(target=target), *also])


def _foretold(facts: dict[str, Any]) -> list[str]:
    if "foretold" in facts and facts["foretold"] is None:
        return [_("What is lost with it is still being asked.")]
    return foretold_words(facts.get("foretold"))


def foretold_words(foretold: Any) -> list[str]:
    """What is lost and who is stranded, a sentence each; what nobody knows is said to be unknown."""
    if not isinstance(foretold, dict) or not foretold:
        return []
    since, rows, tables = (foretold.get(key) for key in ("since", "rows", "tables"))
    moment = visible(str(since)) if since else _("the backup")
    if isinstance(rows, int) and isinstance(tables, int):
        text = _("Everything since {moment} is LOST (rows: about {rows}, tables: {tables}).")
        if foretold.get("late") == "more":
            text = _(
                "Everything since {moment} is LOST (rows counted until {by}: {rows}, tables: {tables}; what open "
                "sessions wrote last may not be counted yet)."
            )
        elif foretold.get("late") == "fewer":
            text = _("Everything since {moment} is LOST (rows: at most about {rows}, tables: at most {tables}).")
        elif foretold.get("late") == "either":
            text = _(
                "Everything since {moment} is LOST (rows counted until {by}: {rows}, tables: {tables}; open sessions "
                "tell late what they wrote, so it may be more or fewer)."
            )
        by = visible(str(foretold.get("by", "?")))
        found = [text.format(moment=moment, rows=whole(rows), tables=whole(tables), by=by)]
    else:
        found = [_("Everything since {moment} is LOST; how many rows that is nobody knows.").format(moment=moment)]
    slots, subscriptions = foretold.get("slots"), foretold.get("subscriptions")
    if not isinstance(slots, list | tuple) or not isinstance(subscriptions, list | tuple):
        return [*found, _("Whom it strands was not answered.")]
    for slot in slots:
        text = _("The slot {slot} stays behind, confirmed up to {lsn}.")
        if slot.get("consumer"):
            text = _("The slot {slot} stays behind, confirmed up to {lsn}; {consumer} reads it.")
        found.append(text.format(slot=visible(str(slot.get("slot"))), lsn=visible(str(slot.get("confirmed_lsn"))),
                                 consumer=visible(str(slot.get("consumer")))))  # fmt: skip
    if subscriptions:
        names = [visible(str(one.get("subscription"))) for one in subscriptions]
        found.append(_("Subscriptions come without their slots, disabled: {names}.").format(names=_listed(names)))
    return found


def _at_stake(facts: dict[str, Any], name: Callable[[str], str]) -> list[str]:
    """What closing the run gives up, a sentence each."""
    applied = [name(str(step)) for step in facts.get("applied") or ()]
    unresolved = [visible(str(error)) for error in facts.get("unresolved") or ()]
    found = []
    if applied:
        text = _("The run is {status}; of these steps the work stays applied: {steps}.")
        found.append(text.format(status=run_word(str(facts.get("run", "?"))), steps=_listed(applied)))
    if unresolved:
        found.append(_("Unresolved: {errors}.").format(errors=_listed(unresolved)))
    return found


def _listed(names: list[str]) -> str:
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    rest = len(names) - MOST_NAMED
    return _("{names} and {n} more").format(names=", ".join(names[:MOST_NAMED]), n=rest)
