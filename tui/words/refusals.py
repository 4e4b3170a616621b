"""A refusal in words: its neutral code and facts in the person's language. How to go on is each client's to say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from tui.locale import _
from tui.said import from_data
from tui.words.codes import run_word, step_word
from tui.words.confirmations import confirmation_words
from tui.words.figures import span
from tui.words.inert import visible
from tui.words.said import say


class Refusal(Protocol):
    """What `decide` and the helm refuse with."""

    @property
    def code(self) -> str: ...

    @property
    def message(self) -> str: ...

    @property
    def facts(self) -> dict[str, Any]: ...


def refusal_words(refusal: Refusal, name: Callable[[str], str] = visible) -> str | None:
    """Why it was refused, in whole sentences; None for a code without words, or without the facts they need.

    `name`: how a step is called where the words are shown, by its id.
    """
    facts = refusal.facts
    if isinstance(facts.get("said"), list):
        with suppress(ValueError):
            return say(from_data(facts["said"]))
    step = name(str(facts["step"])) if "step" in facts else None
    status = step_word(str(facts["status"])) if "status" in facts else None
    words = _about_run(refusal.code, facts, name) or _about_account(refusal.code, facts)
    if words is None and step is not None and status is not None:
        words = _about_status(refusal.code, step, status, bool(facts.get("cancelling")))
    if words is None and step is not None:
        words = _about_step(refusal.code, step)
    return words or _in_general(refusal.code)


def refusal_message(refusal: Refusal) -> str:
    """The refusal's own message as a sentence: for a code that this version has no words for."""
    message = visible(refusal.message)
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "!", "?")) else ".")


def _about_run(code: str, facts: dict[str, Any], name: Callable[[str], str]) -> str | None:
    match code:
        case "not-open":
            return _("The run has not been opened yet.")
        case "closed":
            return _("The run is closed; nothing more can be done in it.")
        case "held":
            return _("The run is held.")
        case "not-held":
            return _("The run is not held.")
        case "other-target" if facts.get("acceptable"):
            return _("What answers is not the run's target as it left it; nothing begins before a person accepts it.")
        case "other-target":
            return _("What answers is not the run's target as it left it; nothing begins before that is back.")
        case "other-run":
            runs = ", ".join(visible(str(run)) for run in facts.get("runs") or ()) or "?"
            text = _("Another run is in the way on this target: {runs}. Nothing but a rollback begins before it is out "
                     "of the way, or a person accepts that this run goes on beside it.")  # fmt: skip
            return text.format(runs=runs)
        case "not-barred":
            return _("Nothing else has answered in the target's name.")
        case "not-acceptable":
            return _("What answers cannot become the run's target: bring the target back and resume, or close the run.")
        case "confirm" if "target" in facts and facts.get("accept"):
            target = visible(str(facts["target"]))
            return _("To accept it, confirm with the name of the target: {target}.").format(target=target)
        case "rollback":
            return _("The run is being, or has been, rolled back; only the rollback's own steps go on.")
        case "too-early" if "seconds" in facts:
            phase = visible(str(facts.get("phase", "?")))
            return _("The phase {phase} starts in {span}.").format(phase=phase, span=span(float(facts["seconds"])))
        case "confirm" if "target" in facts and facts.get("why"):
            return confirmation_words(facts, name)
        case "confirm" if "target" in facts:
            target = visible(str(facts["target"]))
            return _("A rollback is confirmed with the name of the target: {target}.").format(target=target)
        case "no-error" if "error" in facts:
            return _("There is no error {error} in this run.").format(error=visible(str(facts["error"])))
        case "reason" if "run" in facts:
            text = _("The run is {status}; to close it now needs a reason.")
            return text.format(status=run_word(str(facts["run"])))
        case "unknown":
            return _("The engine of this run does not know that command.")
    return None


def _about_account(code: str, facts: dict[str, Any]) -> str | None:
    match code:
        case "helm" | "no-helm" if facts.get("holder"):
            return _("{holder} has the helm.").format(holder=visible(str(facts["holder"])))
        case "not-permitted":
            return _("This account may not command this run.")
    return None


def _about_status(code: str, step: str, status: str, cancelling: bool) -> str | None:
    match code:
        case "order":
            return _("{step} comes first and is {status}.").format(step=step, status=status)
        case "status" if cancelling:
            return _("{step} is being cancelled already.").format(step=step)
        case "status":
            return _("{step} is {status}; the command does not apply to it.").format(step=step, status=status)
        case "retry":
            return _("{step} is {status}; only another attempt runs it again.").format(step=step, status=status)
        case "reason":
            text = _("{step} is {status}: say with a reason that it was not applied.")
            return text.format(step=step, status=status)
        case "undo":
            text = _("{step} is {status} and may have taken back a part of this step; bring it to its end first.")
            return text.format(step=step, status=status)
    return None


def _about_step(code: str, step: str) -> str | None:
    match code:
        case "no-step":
            return _("The checklist has no step {step}.").format(step=step)
        case "order":
            return _("{step} was applied later; undo it first.").format(step=step)
        case "busy":
            return _("{step} is running; one step runs at a time.").format(step=step)
        case "needs":
            return _("{step} is needed for it and has not ended.").format(step=step)
        case "companion":
            return _("It runs by itself while {step} runs; execute that one.").format(step=step)
        case "attest":
            return _("Nothing measures {step} here: sign it, or close the run with a reason.").format(step=step)
        case "undecided":
            text = _("The fate of {step} is undecided: look at the database, then try again, settle it or skip it.")
            return text.format(step=step)
    return None


def _in_general(code: str) -> str | None:
    match code:
        case "reason":
            return _("This needs a reason.")
        case "note":
            return _("This needs a note: what was seen or done, and where.")
        case "sign":
            return _("A person attests this step.")
        case "sensed":
            return _("The system proves this step; it is not signed.")
        case "no-undo":
            return _("The plan has no undo for this step.")
    return None
