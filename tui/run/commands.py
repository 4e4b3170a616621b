"""What the person at the helm may ask of the engine. Typed, closed, the same on the wire and in `decide`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


def name_of(class_name: str) -> str:
    """`RunTo` -> `run-to`."""
    return "".join("-" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(class_name))


class Command(Struct, frozen=True, kw_only=True, tag_field="do", tag=name_of):
    """A command; its tag on the wire is its name on the command line."""


class Confirmable(Command, frozen=True, kw_only=True):
    """One that may cost a confirmation (`tui.run.confirmation`): the target's name, typed, and a reason."""

    confirm: str | None = None
    reason: str | None = None


class Execute(Confirmable, frozen=True, kw_only=True):
    step: str


class RunTo(Command, frozen=True, kw_only=True):
    step: str


class Skip(Command, frozen=True, kw_only=True):
    step: str
    reason: str


class Sign(Command, frozen=True, kw_only=True):
    step: str
    note: str


class ByHand(Command, frozen=True, kw_only=True):
    step: str
    note: str


class Retry(Confirmable, frozen=True, kw_only=True):
    step: str


class Undo(Confirmable, frozen=True, kw_only=True):
    step: str


class Cancel(Command, frozen=True, kw_only=True):
    step: str


class Hold(Command, frozen=True, kw_only=True):
    reason: str | None = None


class Resume(Command, frozen=True, kw_only=True):
    pass


class Accept(Command, frozen=True, kw_only=True):
    """What answered in the target's place, and holds the run, is the run's target from here on."""

    reason: str
    confirm: str


class Drive(Command, frozen=True, kw_only=True):
    """From here on the engine drives as far as it can, or a person does; what `continue` asks of one that lives."""

    headless: bool = True
    sign_off: str | None = None
    on_failure: Literal["hold", "rollback"] = "hold"


class Rollback(Command, frozen=True, kw_only=True):
    reason: str
    confirm: str
    to: str | None = None


class Note(Command, frozen=True, kw_only=True):
    text: str
    step: str | None = None


class Feedback(Command, frozen=True, kw_only=True):
    text: str


class Resolve(Command, frozen=True, kw_only=True):
    error: str
    text: str


class Handover(Command, frozen=True, kw_only=True):
    note: str


class Rest(Command, frozen=True, kw_only=True):
    """The engine ends where nothing runs, and the run stays open until another one takes it up."""


class Amend(Confirmable, frozen=True, kw_only=True):
    """The plan that lies beside the run's, under the seal `seal`, is carried out from here on; `base`: the seal of the
    one it was compared with. `despite`: codes of what is wrong with it, in spite of which it is."""

    base: str
    seal: str
    despite: tuple[str, ...] = ()


class Improve(Command, frozen=True, kw_only=True):
    """Something is to be better the next time: `owner` sees to it until the day `due`, `2031-12-31`."""

    text: str
    owner: str
    due: str


class Improved(Command, frozen=True, kw_only=True):
    """An improvement is done: `I1`, or `RUN:I1` where an earlier run has left it."""

    improvement: str
    text: str


class Lesson(Command, frozen=True, kw_only=True):
    text: str


class Close(Confirmable, frozen=True, kw_only=True):
    pass


_OfStep = Execute | RunTo | Skip | Sign | ByHand | Retry | Undo | Cancel
_OfReview = Improve | Improved | Lesson
_OfRun = Hold | Resume | Accept | Drive | Rollback | Note | Feedback | Resolve | Handover | Rest | Amend | Close
AnyCommand = _OfStep | _OfRun | _OfReview
