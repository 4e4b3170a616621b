"""What a review has found, of this run or of an earlier one of the same plan. Pure."""

from __future__ import annotations

from msgspec import Struct


class Improvement(Struct, frozen=True, kw_only=True):
    """What is to be better the next time. `run`: the earlier run that left it, None where it is this one's. `done`: how
    it was done, as a person says."""

    id: str
    text: str
    owner: str
    due: str
    by: str = ""
    at: str = ""
    run: str | None = None
    done: str | None = None
    done_by: str = ""
    done_at: str = ""


class LessonLearnt(Struct, frozen=True, kw_only=True):
    """What was learnt; `run` as in `Improvement`."""

    id: str
    text: str
    by: str = ""
    at: str = ""
    run: str | None = None
