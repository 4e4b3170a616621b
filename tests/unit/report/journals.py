"""Journals of which reports are made, and what is read of them."""

from __future__ import annotations

from pathlib import Path

from tests.console.journals import Story, failed, plan, rolled_back
from tui import locale
from tui.journal import events as e
from tui.plan.model import Canary, Guard, Plan
from tui.report.make import made
from tui.report.mark import Format
from tui.report.reading import JournalReading

HOSTILE = '<script>alert(1)</script> [x](javascript:alert(2)) https://evil.example @ops \x1b[31m\u202egnol `a` |b| "c"'


def reading(story: Story, directory: Path) -> JournalReading:
    return JournalReading(story.save(directory).journal)


def text(story: Story, directory: Path, format_: Format = "html", language: str = "en") -> str:
    """The report, made where a reader would make it."""
    locale.use(language)
    try:
        return made(reading(story, directory), format_)
    finally:
        locale.use("en")


def watched(**more: float) -> Plan:
    """The plan with a canary, whose answers are limited to 100 ms."""
    from msgspec.structs import replace

    return replace(
        plan(), canary=Canary(sql="select 1"), success=(Guard(metric="response_time", below=0.1, for_=2.0),), **more
    )


def sample(story: Story, seconds: float | None, **facts: object) -> Story:
    """A second later, one tick of the canary."""
    values = {"connections": 0.2} if seconds is None else {"response_time": seconds, "connections": 0.2}
    return story.add(
        e.MetricsSampled(values=values, sources=dict.fromkeys(values, "db1"), facts=dict(facts)), after=1.0
    )


def everything() -> Story:
    """A run that has a bit of all that a report tells, each text of others hostile."""
    story = failed()
    change = e.StepChange(step="verify", how="changed", title=HOSTILE, difference=f"-{HOSTILE}", more=3)
    file = e.FileChange(name=HOSTILE, before="a" * 64, after="b" * 64, difference=f"+{HOSTILE}")
    amended = e.RunAmended(plan=plan(), seal="2" * 64, work="3" * 64, reason=HOSTILE, steps=(change,), files=(file,))
    story.add(amended, by=HOSTILE)
    story.add(e.LessonAdded(id="L1", text=HOSTILE), by="ana@jump1")
    story.add(e.ImprovementAdded(id="I1", text=HOSTILE, owner=HOSTILE, due="2031-12-31"), by="ana@jump1")
    story.add(e.ImprovementDone(id="I1", text=HOSTILE), by="ana@jump1")
    story.add(e.NoteAdded(text=HOSTILE, step="migrate"), by=HOSTILE)
    story.add(e.FeedbackAdded(text=HOSTILE), by="ana@jump1")
    story.add(e.ErrorRecorded(id="E9", text=HOSTILE, source="server", sqlstate="XX000", file=HOSTILE, line=3))
    story.add(e.ErrorResolved(id="E9", text=HOSTILE), by="bruno@jump1")
    story.add(e.GuardBreached(metric=HOSTILE, value=2.0, limit=1.0, source=HOSTILE))
    story.add(e.MetricsSampled(values={HOSTILE: 1.0}, sources={HOSTILE: HOSTILE}), after=1.0)
    story.add(e.TriggerFired(title=HOSTILE, reason="guard_breached"))
    story.add_raw("thing.happened", {"text": HOSTILE})
    story.add_raw(HOSTILE, {})
    return story


__all__ = ["HOSTILE", "Story", "everything", "failed", "reading", "rolled_back", "sample", "text", "watched"]
