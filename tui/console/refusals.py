"""A refusal in words: its neutral code and facts in the person's language, with the step's name instead of its id."""

from __future__ import annotations

from typing import Any, Protocol

from tui.console.actions import keyed
from tui.console.visible import visible
from tui.console.words import clock, name_of, status_word
from tui.locale import _
from tui.run.state import RunState


class Refusal(Protocol):
    """What `decide` and the helm refuse with."""

    @property
    def code(self) -> str: ...

    @property
    def message(self) -> str: ...

    @property
    def facts(self) -> dict[str, Any]: ...


def refusal_sentence(refusal: Refusal, state: RunState) -> str:
    """One sentence that says why, and what to do where the code tells; else the refusal's own English message."""
    facts = refusal.facts
    known = state.steps.get(str(facts.get("step", "")))
    step = name_of(known) if known is not None else visible(str(facts.get("step", "")))
    match refusal.code:
        case "order" if known is not None:
            status = status_word(known.status)
            return _("{step} comes first and is {status}.").format(step=step, status=status)
        case "busy" if known is not None:
            return _("{step} is running; one step runs at a time.").format(step=step)
        case "needs" if known is not None:
            return _("{step} is needed for it and has not ended.").format(step=step)
        case "companion" if known is not None:
            return _("It runs by itself while {step} runs; execute that one.").format(step=step)
        case "undecided" if known is not None:
            text = _("The fate of {step} is undecided: look at the database, then try again, settle it or skip it.")
            return text.format(step=step)
        case "held":
            return keyed(_("The run is held; h lets it go on."))
        case "too-early":
            seconds, phase = float(facts.get("seconds", 0.0)), visible(str(facts.get("phase", "")))
            return _("The phase {phase} starts in {span}.").format(phase=phase, span=clock(seconds))
        case "closed":
            return _("The run is closed; nothing more can be done in it.")
        case "rollback":
            return _("The run is being, or has been, rolled back; only the rollback's own steps go on.")
        case "sign":
            return keyed(_("A person attests this step: s signs it."))
        case "sensed":
            return keyed(_("The system proves this step: x executes it, b records that it was done by hand."))
        case "no-undo":
            return _("The plan has no undo for this step.")
        case "no-helm" | "helm":
            holder = visible(str(facts.get("holder") or facts.get("helm") or state.helm or "?"))
            return _("{holder} has the helm. Take it with “take the helm” in the palette (:).").format(holder=holder)
        case "not-permitted":
            return _("This account may not command this run.")
    message = visible(refusal.message)
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "!", "?")) else ".")
