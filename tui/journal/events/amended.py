"""A changed plan in an open run: what holds from here on, and how it differs from what held before."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct

from tui.journal.events.event import Event
from tui.journal.events.run import OpenWindow, StepAdvice
from tui.plan.model import Plan


class StepChange(Struct, frozen=True, kw_only=True):
    """What an amendment makes of a step. `difference`: the lines of the step, normalised and as YAML, that
    differ (unified diff); `more`: how many lines of it were left out. `files`: of the files it uses those that differ.
    `back`: what takes it back differs, or it belongs to the rollback: how long going back takes is not known any more.
    """

    step: str
    how: Literal["changed", "added", "removed", "moved"]
    title: str = ""
    difference: str = ""
    more: int = 0
    files: tuple[str, ...] = ()
    back: bool = False


class FileChange(Struct, frozen=True, kw_only=True):
    """What an amendment makes of a file of the plan. `before`, `after`: its SHA-256, empty where it was not or is not
    there. `difference`: the lines that differ (unified diff), none of a file that is no text or holds a secret
    (`private`); `more`: how many lines of it were left out."""

    name: str
    before: str = ""
    after: str = ""
    difference: str = ""
    more: int = 0
    private: bool = False


class PartChange(Struct, frozen=True, kw_only=True):
    """What an amendment makes of a part of the plan that is neither a step nor a file. `part`: its key in the plan
    (`team`, `dependencies`), of `phases` and `rollback.phases` what they and their sections have beside steps.
    `difference`: the lines that differ, as of a step; `more`: how many lines of it were left out."""

    part: str
    difference: str = ""
    more: int = 0


class RunAmended(Event, frozen=True, kw_only=True):
    """From here on this plan is carried out. All that a reader needs of it is here, as in `run.opened`: the normalised
    plan, its seal and work.

    `steps`, `files`, `parts`: what differs from the plan before. `window`: as it holds from here on; null where it is
    as before. `advice`: of changed scripts. `rehearsed`: whether a rehearsal of exactly this work was found, null where
    nobody looked; of what changed any earlier one says nothing. `despite`: codes of what is wrong with it, in spite of
    which it was amended. `confirm`: the target's name as it was typed. `private`: as in `run.opened`.
    """

    TYPE: ClassVar[str] = "run.amended"
    INCIDENT: ClassVar[bool] = True
    CHAPTER: ClassVar[bool] = True
    plan: Plan
    seal: str
    work: str
    reason: str
    steps: tuple[StepChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    parts: tuple[PartChange, ...] = ()
    window: OpenWindow | None = None
    advice: dict[str, StepAdvice] = {}
    rehearsed: bool | None = None
    despite: tuple[str, ...] = ()
    confirm: str | None = None
    private: tuple[str, ...] = ()
    plan_file: str | None = None
