"""Journals written as files, the way a writer leaves them behind, without an engine."""

from __future__ import annotations

from pathlib import Path

from tui.journal import events as e
from tui.journal.clock import stamp
from tui.journal.line import GENESIS, Line, digest, encode, encode_data
from tui.plan.model import Action, Guard, Phase, Plan, RollbackPlan, Section, Step, Target
from tui.run.clock import instant

OPENED = instant("2026-11-22T06:00:00Z")
RUN = "20261122T060000Z-7f3a"

LOCKED = {"ours": [{"pid": 7, "wanted": "ShareLock app.orders"}], "blockers": [{"pid": 4711, "waits_for": []}]}


def sql(step: str, **more: object) -> Step:
    """A step that changes the database and can be undone."""
    undo = Action(kind="sql", spec={"text": "select 0"})
    return Step(id=step, title=f"Do {step}", kind="sql", spec={"text": "select 1"}, undo=undo, **more)  # type: ignore[arg-type]


def sign(step: str) -> Step:
    return Step(id=step, title=f"Agree on {step}", kind="sign", spec={})


def plan(*steps: Step, rollback: tuple[Step, ...] = ()) -> Plan:
    phases = (Phase(title="All", sections=(Section(title="Only", steps=steps),)),)
    back = (Phase(title="Back", sections=(Section(title="Back", steps=rollback),)),) if rollback else ()
    return Plan(
        name="Orders receive their region", targets={"demo": Target(environment="development", dsn="x")},
        success=(Guard(metric="response_time", below=0.1, for_=30.0),), phases=phases,
        rollback=RollbackPlan(phases=back),
    )  # fmt: skip


class Journal:
    """Lines one second apart unless said otherwise."""

    def __init__(self, of: Plan, *, run: str = RUN, window: bool = True, policy: e.Policy | None = None) -> None:
        self.lines: list[Line] = []
        self._prev = GENESIS
        self._mono = 0.0
        opens = e.OpenWindow(
            opens=stamp(OPENED + 60), closes=stamp(OPENED + 3660), duration_s=2700.0, buffer_s=900.0
        )  # fmt: skip
        self.add(
            e.RunOpened(
                id=run, plan=of, seal="5e" * 32, work="a0" * 32, target="demo", environment="development",
                mode="rehearsal", window=opens if window else None, policy=policy or e.Policy(),
            ),
            by="ana@jump1", after=0.0,
        )  # fmt: skip

    @classmethod
    def of(cls, opened: object) -> Journal:
        """A journal of one line with this data, whatever it is."""
        journal = cls(plan())
        journal.lines.clear()
        journal._prev = GENESIS
        journal.raw("run.opened", opened, by="ana@jump1", after=0.0)
        return journal

    def add(self, event: e.Event, *, by: str = "engine", after: float = 1.0) -> Line:
        return self.raw(event.TYPE, encode_data(event), by=by, after=after)

    def raw(self, type_: str, data: object, *, by: str = "engine", after: float = 1.0) -> Line:
        self._mono += after
        line = Line(
            1, len(self.lines), stamp(OPENED + self._mono), self._mono, type_, by, encode_data(data), self._prev
        )
        self._prev = digest(encode(line))
        self.lines.append(line)
        return line

    def passed(self, step: str, seconds: float = 2.0, **evidence: object) -> None:
        self.add(e.StepStarted(step=step, attempt=1, kind="sql"))
        self.add(e.StepPassed(step=step, attempt=1, evidence=evidence, effect="all"), after=seconds)

    def bytes(self, lines: int | None = None) -> bytes:
        return b"".join(encode(line) + b"\n" for line in self.lines[:lines])

    def write(self, path: Path, lines: int | None = None) -> Path:
        """The journal file, cut behind `lines` lines."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.bytes(lines))
        return path


def story() -> Journal:
    """Two steps pass, one fails and is retried, a note, metrics, a rollback, closed."""
    journal = Journal(plan(sign("go"), sql("expand"), sql("fill"), rollback=(sign("told"),)))
    journal.add(e.HelmTaken(person="ana@jump1", account="ana"), by="ana@jump1")
    journal.add(e.StepSigned(step="go", attempt=1, note="all say go", person="ana@jump1"), by="ana@jump1")
    journal.passed("expand", 2.5, statements=3, rows=7)
    journal.add(e.MetricsSampled(values={"response_time": 0.02}, sources={"response_time": "db1"}))
    journal.add(e.StepStarted(step="fill", attempt=1, kind="sql"))
    journal.add(e.StepWaiting(step="fill", attempt=1, reason="lock", facts=LOCKED))
    journal.add(e.StepOutput(step="fill", attempt=1, text="NOTICE: \x1b[31mred\x1b[0m\nsecond\n", offset=0, length=30))
    journal.add(e.MetricsSampled(values={"response_time": 0.25}, sources={"response_time": "db1"}))
    journal.add(e.GuardBreached(metric="response_time", value=0.25, limit=0.1, source="db1"))
    journal.add(
        e.StepFailed(step="fill", attempt=1, reason="sql_error", sqlstate="40P01", message="deadlock detected")
    )  # fmt: skip
    journal.add(e.NoteAdded(text="what now?", step="fill"), by="ana@jump1")
    journal.add(e.RollbackStarted(reason="it does not work", undo=("expand",)), by="ana@jump1")
    journal.add(e.StepStarted(step="undo.expand", attempt=1, kind="sql", undoes="expand"))
    journal.add(e.StepPassed(step="undo.expand", attempt=1, effect="all"))
    journal.add(e.StepUndone(step="expand", attempt=1, by_step="undo.expand"))
    journal.add(e.StepSigned(step="told", attempt=1, note="done", person="ana@jump1"), by="ana@jump1")
    journal.add(e.RollbackFinished(outcome="rolled_back", duration_s=4.0))
    journal.add(e.RunClosed(outcome="rolled_back"), by="ana@jump1")
    return journal
