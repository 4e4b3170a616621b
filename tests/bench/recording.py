"""Journals made up line by line, of any length, the way an engine would have written them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TypeVar

from tui.demo.demo import plan_directory
from tui.journal import events as e
from tui.journal.clock import stamp
from tui.journal.line import GENESIS, Line, digest, encode_checked, encode_data
from tui.plan.loader import load
from tui.plan.model import Phase, Plan, Section, Step, Target, places
from tui.runs.paths import RunPaths
from tui.steps.registry import KINDS

PERSON = "ana@jump1"
SOURCES = dict.fromkeys(("response_time", "connections", "tps", "wal_rate", "cpu", "memory"), "db1")
LOG_LINE = "INFO  pedido {number:07d} recebeu a região sul; 1 linha alterada em 3 ms\n"


def demo_plan() -> Plan:
    """The plan of the demo, as it ships."""
    plan = load(plan_directory() / "plan.yaml", KINDS).plan
    assert plan is not None
    return plan


def plan_of(steps: int) -> Plan:
    """A plan of that many steps, in sections of ten and phases of a hundred."""
    made = [
        Step(id=f"step-{n}", title=f"Carry out part {n} of the change", kind="command", spec={"run": ["true"]})
        for n in range(1, steps + 1)
    ]
    sections = [Section(title=f"Section {n + 1}", steps=tuple(some)) for n, some in enumerate(batched(made, 10))]
    phases = [Phase(title=f"Phase {n + 1}", sections=tuple(some)) for n, some in enumerate(batched(sections, 10))]
    return Plan(name=f"{steps} steps", targets={"demo": Target(environment="development")}, phases=tuple(phases))


T = TypeVar("T")


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in groups of so many, the last one perhaps smaller."""
    for first in range(0, len(items), size):
        yield items[first : first + size]


class Recording:
    """Writes one run's journal in a directory of its own; a context manager. Time is given, not measured."""

    def __init__(self, runs: Path, plan: Plan, began: float, name: str = "7f3a") -> None:
        """`began`: the instant of the opening, in seconds since 1970."""
        self.paths = RunPaths(runs / f"{datetime.fromtimestamp(began, UTC):%Y%m%dT%H%M%SZ}-{name}")
        for directory in (self.paths.directory, self.paths.plan, self.paths.output, self.paths.artifacts):
            directory.mkdir()
        self.plan = plan
        self.mono = 0.0
        self.seq = -1
        self._began = began
        self._prev = GENESIS
        self._file: BinaryIO = self.paths.journal.open("wb")
        self._random = random.Random(1)
        window = e.OpenWindow(opens=stamp(began), closes=stamp(began + 3600), duration_s=2700.0, buffer_s=900.0)
        self.add(
            e.RunOpened(
                id=self.paths.id, plan=plan, seal="5e" * 32, work="a0" * 32, target=next(iter(plan.targets)),
                environment="development", mode="rehearsal", window=window,
                policy=e.Policy(drive="autopilot", sign_off="recorded"),
            ),
            by=PERSON,
        )  # fmt: skip

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, event: e.Event, *, by: str = "engine", after: float = 0.0) -> None:
        """One more line, `after` seconds later than the one before."""
        self.mono = round(self.mono + after, 6)
        self.seq += 1
        at = stamp(self._began + self.mono)
        raw = encode_checked(Line(1, self.seq, at, self.mono, event.TYPE, by, encode_data(event), self._prev))
        self._prev = digest(raw)
        self._file.write(raw + b"\n")

    def sample(self, after: float = 1.0) -> None:
        """A tick of metrics."""
        self.add(metrics(self._random), after=after)

    def log(self, step: str, offset: int, lines: int, after: float = 0.0) -> int:
        """So many lines that a step printed; the offset behind them."""
        event = output(step, offset, lines)
        self.add(event, after=after)
        return offset + (event.length or 0)

    def carry_out(self, seconds: float, until: int | None = None, lines: int = 0) -> None:
        """Steps in their order, up to position `until`, spread over `seconds` with a sample each second.

        Each prints its share of `lines`.
        """
        steps = [step for _place, step in places(self.plan.phases)][:until]
        share, printed, talked = seconds / max(1, len(steps)), 0, 0
        talking = sum(1 for step in steps if step.kind != "sign")
        due = self.mono
        for step in steps:
            due += share
            if step.kind == "sign":
                self.add(e.StepSigned(step=step.id, attempt=1, note="agreed", person=PERSON), by=PERSON)
                self._pass_time(due, None, 0, 0)
                continue
            self.add(e.StepStarted(step=step.id, attempt=1, kind=step.kind))
            talked += 1
            wanted = lines * talked // talking - printed
            offset = self._pass_time(due, step.id, 0, wanted)
            printed += wanted
            evidence = {"seconds": share, "output": {"path": f"output/{step.id}.1", "bytes": offset}}
            self.add(e.StepPassed(step=step.id, attempt=1, effect="all", evidence=evidence))

    def _pass_time(self, due: float, step: str | None, offset: int, lines: int) -> int:
        seconds = round(due - self.mono)
        if not seconds and step is not None and lines:
            return self.log(step, offset, lines)
        for second in range(1, seconds + 1):
            self.sample()
            if step is not None and lines:
                some = lines * second // seconds - lines * (second - 1) // seconds
                offset = self.log(step, offset, some) if some else offset
        return offset


def metrics(source: random.Random) -> e.MetricsSampled:
    """A tick as the engine's sampler writes it."""
    values = {
        "response_time": 0.004 + source.random() / 100, "connections": 0.1 + source.random() / 20,
        "tps": 100 + source.random() * 50, "wal_rate": source.random() * 1e6, "cpu": source.random() / 2,
        "memory": 0.4 + source.random() / 50,
    }  # fmt: skip
    return e.MetricsSampled(values={name: round(value, 6) for name, value in values.items()}, sources=SOURCES)


def output(step: str, offset: int, lines: int, line: str = LOG_LINE) -> e.StepOutput:
    """A batch of so many lines."""
    text = "".join([line.format(number=number) for number in range(lines)])
    data = text.encode()
    return e.StepOutput(step=step, attempt=1, text=text, offset=offset, length=len(data), sha256=digest(data))


def finished(runs: Path) -> RunPaths:
    """A finished demo: its 90 seconds, a sample each second, some output."""
    with Recording(runs, demo_plan(), time.time() - 600, "f001") as recording:
        recording.carry_out(90.0, lines=300)
        recording.add(e.RunClosed(outcome="completed"))
    return recording.paths


def under_way(runs: Path, steps: int | None = None, lines: int = 100, seconds: float = 55.0) -> tuple[RunPaths, str]:
    """An open run of the demo's plan, or of so many steps, halfway, with so many log lines; and what is running."""
    plan = demo_plan() if steps is None else plan_of(steps)
    every = [step for _place, step in places(plan.phases)]
    half = len(every) // 2
    while every[half].kind == "sign":
        half += 1
    # Runs of one second differ by this.
    name = f"{((steps or 0) * 31 + lines) % 0xFFFF:04x}"
    with Recording(runs, plan, time.time() - seconds - 5, name) as recording:
        recording.carry_out(seconds, until=half, lines=lines)
        recording.add(e.StepStarted(step=every[half].id, attempt=1, kind=every[half].kind))
    return recording.paths, every[half].id


def waiting(runs: Path) -> RunPaths:
    """An open run of the demo's plan that waits for a person: nothing runs."""
    plan = demo_plan()
    every = [step for _place, step in places(plan.phases)]
    signed = next(at for at, step in enumerate(every) if step.kind == "sign" and at > 0)
    with Recording(runs, plan, time.time() - 60, "aa17") as recording:
        recording.carry_out(55.0, until=signed, lines=100)
        recording.add(e.RunResumed(policy=e.Policy()), by=PERSON)
    return recording.paths


def day(runs: Path, seconds: int, lines: int) -> RunPaths:
    """A recording of so many seconds, with a sample in each, and so many log lines in all."""
    with Recording(runs, demo_plan(), time.time() - seconds - 60, "da1e") as recording:
        recording.carry_out(float(seconds), lines=lines)
        recording.add(e.RunClosed(outcome="completed"))
    return recording.paths


def entries(plan: Plan) -> Iterator[e.Event]:
    """What the steps of a plan leave behind when all of them pass, without times."""
    for _place, step in places(plan.phases):
        yield e.StepStarted(step=step.id, attempt=1, kind=step.kind)
        yield e.StepPassed(step=step.id, attempt=1, effect="all")
