"""A refusal in words: its neutral code and facts in the person's language. How to go on is each client's to say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from tui.locale import _
from tui.said import N_, from_data
from tui.words.codes import run_word, step_word
from tui.words.confirmations import confirmation_words
from tui.words.figures import span
from tui.words.inert import visible
from tui.words.persons import person_words
from tui.words.said import say


class AnyRefusal(Protocol):
    """What `decide` and the helm refuse with."""

    @property
    def code(self) -> str: ...

    @property
    def message(self) -> str: ...

    @property
    def facts(self) -> dict[str, Any]: ...


_SENTENCES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("not-open", (), N_("The run has not been opened yet.")),
    ("closed", (), N_("The run is closed; nothing more can be done in it.")),
    ("held", (), N_("The run is held.")),
    ("not-held", (), N_("The run is not held.")),
    ("other-target", ("acceptable",),
     N_("What answers is not the run's target as it left it; nothing begins before a person accepts it.")),
    ("other-target", (), N_("What answers is not the run's target as it left it; nothing begins before that is back.")),
    ("other-run", (),
     N_("Another run is in the way on this target: {runs}. Nothing but a rollback begins before it is out "
        "of the way, or a person accepts that this run goes on beside it.")),
    ("not-barred", (), N_("Nothing else has answered in the target's name.")),
    ("not-acceptable", (),
     N_("What answers cannot become the run's target: bring the target back and resume, or close the run.")),
    ("confirm", ("target", "accept"), N_("To accept it, confirm with the name of the target: {target}.")),
    ("confirm", ("target",), N_("A rollback is confirmed with the name of the target: {target}.")),
    ("rollback", (), N_("The run is being, or has been, rolled back; only the rollback's own steps go on.")),
    ("too-early", ("seconds",), N_("The phase {phase} starts in {span}.")),
    ("no-error", ("error",), N_("There is no error {error} in this run.")),
    ("reason", ("run",), N_("The run is {run}; to close it now needs a reason.")),
    ("reason", ("step", "status"), N_("{step} is {status}: say with a reason that it was not applied.")),
    ("reason", (), N_("This needs a reason.")),
    ("unknown", (), N_("The engine of this run does not know that command.")),
    ("helm", ("holder",), N_("{holder} has the helm.")),
    ("not-permitted", (), N_("This account may not command this run.")),
    ("order", ("step", "status"), N_("{step} comes first and is {status}.")),
    ("order", ("step",), N_("{step} was applied later; undo it first.")),
    ("status", ("step", "cancelling"), N_("{step} is being cancelled already.")),
    ("status", ("step", "status"), N_("{step} is {status}; the command does not apply to it.")),
    ("retry", ("step", "status"), N_("{step} is {status}; only another attempt runs it again.")),
    ("undo", ("step", "status"),
     N_("{step} is {status} and may have taken back a part of this step; bring it to its end first.")),
    ("no-step", ("step",), N_("The checklist has no step {step}.")),
    ("busy", ("step",), N_("{step} is running; one step runs at a time.")),
    ("needs", ("step",), N_("{step} is needed for it and has not ended.")),
    ("companion", ("step",), N_("It runs by itself while {step} runs; execute that one.")),
    ("attest", ("step",), N_("Nothing measures {step} here: sign it, or close the run with a reason.")),
    ("undecided", ("step",),
     N_("The fate of {step} is undecided: look at the database, then try again, settle it or skip it.")),
    ("quiesced", ("step",), N_("The target is still closed to others by {step}; undo that first.")),
    ("not-quiesced", ("step",),
     N_("Nothing keeps others out of the target, and what they write during {step} would be lost; quiesce it first.")),
    ("amend-step", ("step", "status"), N_("{step} is {status}; only what has not been applied may change.")),
    ("amend-file", ("file", "step", "status"),
     N_("{file} is used by {step}, which is {status}; only what has not been applied may change.")),
    ("amend-removed", ("step", "status"),
     N_("{step} is {status}: a step that has begun stays in the plan. To leave it out, skip it.")),
    ("amend-order", ("step",), N_("Up to {step}, which has begun, the steps stay as they are.")),
    ("amend-rollback", ("step",),
     N_("The run is being, or has been, rolled back: only steps of the rollback may change, and {step} is none.")),
    ("amend-part", ("part",), N_("An amendment does not change `{part}` of the plan; open another run for that.")),
    ("amend-window", ("past",),
     N_("The window cannot be put there: it would open in the past, or there is no such time.")),
    ("amend-window", (), N_("The window has opened: how long it lasts may change, when it opened stays.")),
    ("amend-base", (), N_("The plan was amended meanwhile: look at the difference again.")),
    ("amend-same", (), N_("The plan is the one in force already.")),
    ("amend-gone", (), N_("The changed plan does not lie beside the run any more; try again.")),
    ("amend-plan", (), N_("The changed plan cannot be carried out here.")),
    ("amend-rehearsal", ("despite",),
     N_("The plan wants a rehearsal before this target, and no run has rehearsed it as it is changed. To amend in "
        "spite of that, which is recorded: --despite {despite}.")),
    ("due", ("due",), N_("{due} is no day that is to come; an improvement needs one, such as 2031-12-31.")),
    ("owner", (), N_("An improvement needs somebody who sees to it.")),
    ("no-improvement", ("improvement",), N_("There is no improvement {improvement} in this run.")),
    ("improved", ("improvement",), N_("The improvement {improvement} is done already.")),
    ("no-lesson", ("step",), N_("No lesson stands in this run yet: write one down, then sign {step}; or skip it.")),
    ("no-improvements", ("step",),
     N_("No improvement with owner and day stands in this run yet: write one down, then sign {step}; or skip it.")),
    ("note", (), N_("This needs a note: what was seen or done, and where.")),
    ("sign", (), N_("A person attests this step.")),
    ("sensed", (), N_("The system proves this step; it is not signed.")),
    ("no-undo", (), N_("The plan has no undo for this step.")),
    ("bad-name", (), N_("The name cannot be taken: {message}")),
    ("too-many-clients", ("limit",), N_("The engine has {limit} clients already.")),
    ("version", ("engine", "client"),
     N_("The engine speaks version {engine} of the protocol, this command version {client}.")),
    ("bad-request", (), N_("The request was not understood: {message}")),
    ("engine-error", (), N_("The engine failed at it: {message}")),
)  # fmt: skip
"""Code, facts that are needed, sentence; the first that fits is said."""
CODES = frozenset(code for code, _facts, _text in _SENTENCES) | {"journal", "not-possible"}
"""Those with words; two come with a message that is in the person's language already."""


def refusal_words(refusal: AnyRefusal, name: Callable[[str], str] = visible) -> str | None:
    """Why it was refused, in whole sentences; None for a code without words, or without the facts they need.

    `name`: how a step is called where the words are shown, by its id.
    """
    facts = refusal.facts
    if isinstance(facts.get("said"), list):
        with suppress(ValueError):
            return say(from_data(facts["said"]))
    if refusal.code == "confirm" and facts.get("why"):
        return confirmation_words(facts, name)
    known = {key for key, value in facts.items() if value not in (None, "") and value is not False}
    for code, needed, text in _SENTENCES:
        if code == refusal.code and known.issuperset(needed):
            return _(text).format_map(_Shown(refusal, name))
    return None


class _Shown(dict[str, str]):
    """Facts as a sentence shows them, with `?` for one that it lacks."""

    def __init__(self, refusal: AnyRefusal, name: Callable[[str], str]) -> None:
        facts = refusal.facts
        super().__init__({key: visible(str(value)) for key, value in facts.items()})
        words = {"step": name, "status": step_word, "run": run_word, "holder": person_words}
        self.update({key: say(str(facts[key])) for key, say in words.items() if key in facts})
        runs = facts.get("runs")
        self["runs"] = ", ".join(visible(str(run)) for run in runs) if isinstance(runs, list | tuple) and runs else "?"
        seconds = facts.get("seconds")
        self["span"] = span(seconds) if isinstance(seconds, int | float) else "?"
        self["message"] = refusal_message(refusal)

    def __missing__(self, key: str) -> str:
        return "?"


def refusal_message(refusal: AnyRefusal) -> str:
    """The refusal's own message as a sentence: for a code that this version has no words for."""
    message = visible(refusal.message)
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "!", "?")) else ".")
