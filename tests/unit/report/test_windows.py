"""A window is told as it was granted when the run was opened, whatever amendments made of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.console.journals import ANA, Story
from tests.unit.report.journals import reading, watched
from tui.journal import events as e
from tui.plan.model import Phase, PhaseWindow, Plan
from tui.report.data import data
from tui.report.make import made
from tui.report.mark import mark_of
from tui.report.parts.windows import windows
from tui.report.reading import JournalReading
from tui.report.times import Times
from tui.run.clock import instant, rfc3339


def longer(story: Story, hours: float, *, moved: float = 0.0, after: Plan | None = None) -> Story:
    """An amendment after which the window is so many hours long, and opens `moved` hours later."""
    opened = story.state().opened
    assert opened is not None and opened.window is not None
    opens = instant(opened.window.opens) + moved * 3600
    window = e.OpenWindow(
        opens=rfc3339(opens), closes=rfc3339(opens + hours * 3600), duration_s=hours * 3600 - 900, buffer_s=900.0,
        timezone="America/Sao_Paulo",
    )  # fmt: skip
    amended = e.RunAmended(plan=after or opened.plan, seal="2" * 64, work="1" * 64, reason="more time", window=window)
    return story.add(amended, by=ANA, after=1.0)


def told(found: JournalReading) -> list[tuple[str, list[str], str]]:
    return [(fact.label, fact.text.split("\n"), fact.style) for fact in windows(found, Times(found.state))]


def changing(story: Story, begins: float, ends: float) -> Story:
    """The migration, `begins` and `ends` seconds after the run's opening."""
    story.begin("migrate", after=begins - story.mono)
    return story.add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=ends - story.mono)


def test_who_makes_it_longer_at_ten_to_eleven_has_not_kept_what_was_granted(tmp_path: Path) -> None:
    story = Story(watched()).begin("migrate", after=300.0)
    story.mono = 300.0 + 50 * 60
    longer(story, 4.0).add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=3600.0)
    found = reading(story, tmp_path)
    [(label, lines, style)] = told(found)
    assert (label, style) == ("window", "bad")
    assert lines[0].startswith("planned when the run was opened: 2026-12-05 22:00:00 to 23:00:00 (45 min")
    assert lines[1].startswith("amendment 1, 2026-12-05 22:50:01: 2026-12-05 22:00:00 to 2026-12-06 02:00:00 (3 h 45")
    assert lines[2].endswith("of the planned one, 50 min 01 s longer than it; of the amended one, inside it")
    log = made(found, "md", ("log",))
    assert re.search(r"\| window \| amendment 1.*02:00:00.*<br>before: 2026-12-05 22:00:00 to 23:00:00", log)
    mark = mark_of(made(found, "json"))
    assert mark is not None
    window = json.loads(made(found, "json"))["windows"][0]
    assert window["planned"]["closes"] == "2026-12-06T02:00:00.000000Z"
    assert [(one["amendment"], one["window"]["duration_s"]) for one in window["moved"]] == [(1, 3.75 * 3600)]
    assert data(found, mark).windows[0].last == found.state.mono


def test_one_that_was_put_elsewhere_before_it_opened(tmp_path: Path) -> None:
    story = longer(Story(watched()), 1.0, moved=24.0)
    [(_label, lines, style)] = told(reading(changing(story, 24.5 * 3600, 24.6 * 3600), tmp_path))
    assert (
        style == "bad"
        and "of the planned one, begun 23 h 25 min after its end; of the amended one, inside it" in (lines[-1])
    )


def test_as_planned_where_nothing_moved_it(tmp_path: Path) -> None:
    [(_label, lines, style)] = told(reading(changing(Story(watched()), 400.0, 500.0), tmp_path))
    assert style == "ok" and lines[0].startswith("planned 2026-12-05 22:00:00 to") and lines[1].endswith(": inside it")


def phased(window: PhaseWindow | None, *, before: tuple[Phase, ...] = ()) -> Plan:
    """The plan, whose second phase has a window of its own."""
    of = watched()
    first, second, *rest = of.phases
    return replace(of, phases=(first, *before, replace(second, window=window), *rest))


def test_the_window_of_a_phase_that_has_another_number_now(tmp_path: Path) -> None:
    own = PhaseWindow(opens=0.0, duration=1800.0)
    after = phased(replace(own, duration=7200.0), before=(Phase(title="Further", sections=()),))
    story = Story(phased(own)).add(
        e.RunAmended(plan=after, seal="2" * 64, work="1" * 64, reason="slower"), by=ANA, after=1.0
    )
    found = reading(changing(story, 400.0, 300.0 + 3600), tmp_path)
    [target, (label, lines, style)] = told(found)
    assert target[1][-1] == "nothing was changed in it" and label == "window of phase 3" and style == "bad"
    assert lines[0].startswith("planned when the run was opened: 2026-12-05 22:00:00 to 22:30:00")
    assert "amendment 1" in lines[1] and "2026-12-06 00:00:00" in lines[1]
    assert lines[2].endswith("of the planned one, 30 min 00 s longer than it; of the amended one, inside it")


@pytest.mark.parametrize("had", [True, False])
def test_a_phase_that_got_a_window_of_its_own_or_lost_it(had: bool, tmp_path: Path) -> None:
    own = PhaseWindow(opens=0.0, duration=1800.0)
    story = Story(phased(own if had else None))
    after = phased(None if had else own)
    story.add(e.RunAmended(plan=after, seal="2" * 64, work="1" * 64, reason="other"), by=ANA, after=1.0)
    lines = told(reading(changing(story, 400.0, 300.0 + 2400), tmp_path))[1][1]
    # What it had none of lay in the target's.
    assert ("22:30:00" if had else "23:00:00") in lines[0]
    assert lines[1].endswith("none of its own any more" if had else "22:30:00")
    assert "10 min 00 s longer than it" in lines[2]


def test_what_a_step_was_to_take_when_the_run_was_opened(tmp_path: Path) -> None:
    story = Story(watched(), durations={})
    opened = story.state().opened
    assert opened is not None
    text = opened.plan.phases
    phases = tuple(
        replace(
            phase,
            sections=tuple(
                replace(
                    section,
                    steps=tuple(
                        replace(step, estimate=7200.0) if step.id == "migrate" else step for step in section.steps
                    ),
                )
                for section in phase.sections
            ),
        )
        for phase in text
    )
    after = replace(opened.plan, phases=phases)
    story.add(e.RunAmended(plan=after, seal="2" * 64, work="1" * 64, reason="slower"), by=ANA, after=1.0)
    log = made(reading(story, tmp_path), "md", ("log",))
    row = next(line for line in log.splitlines() if "Executar script de migração" in line)
    assert "| 2 min 00 s<br>T+10:00<br>as amended:<br>2 h 00 min<br>T+10:00 |" in row.replace("\\", "")


def test_amendments_keep_their_numbers_among_any_number_of_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui.report import reading as module

    monkeypatch.setattr(module, "KEPT", 12)
    story = Story(watched())
    for number in range(20):
        longer(story, 2.0 + number).add(e.NoteAdded(text="on we go"), by=ANA)
    found = reading(story, tmp_path)
    assert found.left_out and [number for number, _kept in found.amendments] == list(range(1, 21))
    assert "Amendment 20" in made(found, "md", ("log",))


@pytest.mark.parametrize("running", [True, False])
def test_what_a_phase_did_behind_the_loss_of_its_window_is_held_against_the_targets(
    running: bool, tmp_path: Path
) -> None:
    """Its own would have opened two hours later, and so is no measure of the hour that was granted."""
    story = Story(phased(PhaseWindow(opens=7200.0, duration=7200.0)))
    amended = e.RunAmended(plan=phased(None), seal="2" * 64, work="1" * 64, reason="at once")
    if running:
        story.begin("migrate", after=400.0).add(amended, by=ANA, after=1.0)
    else:
        story.add(amended, by=ANA, after=1.0).begin("migrate", after=399.0)
    story.add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=300.0 + 5400 - story.mono)
    found = reading(story, tmp_path)
    [target, own] = told(found)
    assert target[2] == "bad" and target[1][-1].endswith(": 30 min 00 s longer than it"), target
    assert "begun 1 h 58 min before it" in own[1][-1] and own[1][1].endswith("none of its own any more")
    assert found.used[""].first == 400.0 or not running
    assert "changes made 2026-12-05 22:0" in made(found, "md", ("summary",))
