"""Figures: what is breached stands first, nothing is cut into another number, every host is named."""

from __future__ import annotations

import msgspec

from tests.console.journals import KEYS, Story, plan
from tui.journal import events as e
from tui.locale import use
from tui.pictures.gauges import gauges, rows_needed
from tui.pictures.lines import plain, width_of
from tui.pictures.now import now
from tui.pictures.view import Moment, View
from tui.plan.metrics import METRICS
from tui.plan.model import Guard, Quality
from tui.words.codes import metric_word
from tui.words.figures import figure


def view_of(story: Story) -> View:
    state = story.state()
    return View(state=state, moment=Moment(0.0, state.mono, 0.0), mode="operator", keys=KEYS)


def many() -> Story:
    success = (*(Guard(metric=f"app_metric_{n}", below=10.0) for n in range(25)), Guard(metric="cpu", below=0.7))
    story = Story(msgspec.structs.replace(plan(), success=success)).helm()
    values = {f"app_metric_{n}": 1.0 for n in range(25)} | {"app_metric_21": 12_345_678.0, "cpu": 0.4}
    for _n in range(3):
        story.add(e.MetricsSampled(values=values, sources=dict.fromkeys(values, "db1")), after=1.0)
    return story.add(e.GuardBreached(metric="app_metric_21", value=12_345_678.0, limit=10.0, source="db1", since=1.0))


def test_what_is_breached_stands_first_however_many_there_are() -> None:
    lines = [plain(line) for line in gauges(view_of(many()), 80)]
    assert "app_metric_21" in lines[0] and "BREACHED" in lines[0] and "measured on db1" in lines[1]
    assert "12.3 M" in lines[0]


def test_a_value_is_never_cut_into_another_one() -> None:
    for value in (0.0, 7.0, 999.4, 9_999_999.0, 12_345_678.0, 123_456_789.0, 9.9e12, 4.2e15):
        for metric in ("app_metric", "tps", "wal_rate", "disk_free_bytes", "replication_lag"):
            text = figure(metric, value)
            if metric != "replication_lag":
                assert len(text) <= 12 and "…" not in text, text
    assert figure("app_metric", 9_999_999.0) == "9,999,999" and figure("app_metric", 123_456_789.0) == "123.5 M"


def test_every_host_is_named_where_lines_have_no_room_for_it() -> None:
    story = Story().helm()
    sources = {"cpu": "db1 (node_exporter)", "memory": "db1 (node_exporter)", "connections": "db1:5432",
               "tps": "db1:5432", "wal_rate": "db1:5432"}  # fmt: skip
    story.add(e.MetricsSampled(values=dict.fromkeys(sources, 0.5), sources=sources), after=1.0)
    text = "\n".join(plain(line) for line in gauges(view_of(story), 50))
    assert "CPU, memory: measured on db1\n(node_exporter)" in text or "CPU, memory: measured on db1 (node" in text
    assert "all others: measured on db1:5432" in text
    assert rows_needed(story.state()) >= len(text.splitlines()) - 2


def test_lines_fit_and_a_long_host_leaves_the_figures_alone() -> None:
    story = many()
    long = "a-very-long-host-name-of-sixty-characters.example.internal.net"
    story.add(e.MetricsSampled(values={"cpu": 0.4}, sources={"cpu": long}), after=1.0)
    for width in (40, 50, 60, 80, 120, 200):
        for line in gauges(view_of(story), width):
            assert width_of(line) <= width
    row = next(plain(line) for line in gauges(view_of(story), 80) if plain(line).startswith("CPU"))
    assert "40 %" in row and "< 70 %" in row and "ok" in row and "a-very-long-host" in row


def test_words_of_metrics_have_room_in_every_language() -> None:
    try:
        for language in ("en", "pt_BR"):
            use(language)
            for metric in METRICS:
                assert len(metric_word(metric)) <= 16, (language, metric_word(metric))
    finally:
        use("en")


def test_what_is_no_longer_measured_is_not_shown_as_if_it_were() -> None:
    story = many()
    state = story.state()
    for width in (44, 60, 80, 120):
        view = View(state=state, moment=Moment(0.0, state.mono + 300.0, 300.0), mode="operator", keys=KEYS)
        lines = [plain(line) for line in gauges(view, width)]
        assert all(width_of(line) <= width for line in gauges(view, width))
        cpu = next(line for line in lines if line.startswith("CPU"))
        assert " ok" not in cpu and "40 %" not in cpu and "no data" in cpu
        assert ("no data for 5:00" in cpu) == (width >= 60), cpu
        text = " ".join(" ".join(lines[:3]).split())
        assert "BREACHED" in lines[0] and "not measured for 5:00, before that on db1" in text


def test_a_breach_that_is_no_longer_measured_is_told_as_such() -> None:
    state = many().state()
    view = View(state=state, moment=Moment(0.0, state.mono + 12.0, 12.0), mode="observer")
    text = " ".join(plain(line) for line in now(view, 80))
    assert "app_metric_21 is BREACHED, and not measured for 0:12." in text


def test_criteria_that_steps_tell_stand_beside_those_that_are_measured() -> None:
    ident = plan().phases[0].sections[0].steps[0].id
    quality = (Quality(title="Dados consistentes\x1b[2J " + "x" * 90, steps=(ident,)),)
    story = Story(msgspec.structs.replace(plan(), quality=quality)).helm()
    for width in (40, 80):
        lines = [plain(line) for line in gauges(view_of(story), width)]
        (line,) = (line for line in lines if line.startswith("Dados consistentes"))
        assert (
            "not known yet" in line
            and (ident[:8] in line) is (width == 80)
            and "\x1b" not in line
            and len(line) <= width
        )
    story.add(e.StepStarted(step=ident, attempt=1)).add(e.StepPassed(step=ident, attempt=1))
    (line,) = (line for line in map(plain, gauges(view_of(story), 80)) if line.startswith("Dados consistentes"))
    assert line.rstrip().endswith("met")


def test_what_has_two_names_is_shown_once() -> None:
    values = {"disk_free": 5e9, "disk_free_bytes": 5e9}
    for criteria in ((), (Guard(metric="disk_free", above=1e9),), (Guard(metric="disk_free_bytes", above=1e9),)):
        story = Story(msgspec.structs.replace(plan(), success=criteria)).helm()
        story.add(e.MetricsSampled(values=values, sources=dict.fromkeys(values, "db1")), after=1.0)
        for width in (50, 100):
            lines = [plain(line) for line in gauges(view_of(story), width)]
            assert sum("disk free" in line and "5.0 GB" in line for line in lines) == 1, lines
            assert not any("disk free, disk free" in line for line in lines)
