"""Each bench works, in a tiny size; nothing here asserts a speed."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.bench import bench as benches
from tests.bench import beside, peers
from tests.bench.__main__ import BENCHES, main, measured
from tests.bench.figure import Budget, Figure, NotMeasured, number, percentile, table
from tests.bench.size import TINY
from tests.postgres_server import MAJORS
from tui.journal.reader import read_all
from tui.journal.verify import verify
from tui.run.fold import fold_all

FIGURES = {
    "journal": 3, "output": 3, "run": 3, "start": 3, "keys": 2, "bytes": 7, "readers": 3, "seek": 8,
    "scale": 3 * len(TINY.steps), "peers": 18, "memory": 3,
    "growth": 2 * len(TINY.steps) + 3 * len(TINY.lines) + 3,
}  # fmt: skip
WITH_SERVER = ("output", "run", "bytes", "readers", "growth", "memory", "backup")


@pytest.mark.bench
@pytest.mark.parametrize("name", list(BENCHES))
def test_a_bench_measures(name: str) -> None:
    if name in WITH_SERVER and not MAJORS:
        pytest.skip("no PostgreSQL server found")
    figures = measured(name, TINY)
    assert len(figures) == FIGURES.get(name, len(figures) or 1)
    assert len({figure.what for figure in figures}) == len(figures)
    for figure in figures:
        assert figure.ours and all(math.isfinite(value) for value in (*figure.ours, *figure.theirs)), figure.what
        assert figure.met is None or figure.budget is not None
        assert figure.what in table(figures)


def test_the_ratio_is_that_of_rounds_and_a_budget_is_met_or_not() -> None:
    figure = Figure(what="x", unit="s", ours=(1.0, 9.0, 3.0), theirs=(1.0, 3.0, 2.0), peer="y", budget=Budget(1.5))
    assert (figure.value, figure.ratio, figure.met) == (3.0, 1.5, True)
    assert figure.spread == "1.50 (1.00-3.00)"
    assert Figure(what="x", unit="s", ours=(2.0,), theirs=(0.0,), budget=Budget(1.5)).met is None
    assert Figure(what="x", unit="MB/s", ours=(149.0,), budget=Budget(150, of="ours", sense="at_least")).met is False
    assert percentile([float(n) for n in range(100)], 0.99) == 99.0
    shown = {0.0: "0", 0.12345: "0.123", 1.5: "1.5", 12.3456: "12.35", 12345.6: "12,346"}
    assert {value: number(value) for value in shown} == shown


def test_a_table_has_a_row_for_each_figure_and_its_note_below() -> None:
    rows = table(
        [
            Figure(what="first", unit="s", ours=(1.0,), theirs=(1.0,), peer="peer", budget=Budget(0.5), note="why"),
            Figure(what="second", unit="B/s", ours=(2.0,), budget=Budget(3.0, of="ours")),
        ]
    ).splitlines()
    assert [row.split()[0] for row in rows[2:]] == ["first", "why", "second"]
    assert rows[2].endswith("1.00   ≤ 0.5 x  NOT MET") and rows[4].endswith("≤ 3 B/s  met")


def test_the_recordings_are_sound_journals() -> None:
    from tests.bench.recording import day, finished, under_way, waiting

    with benches.Bench(TINY) as bench:
        runs = bench.home / "runs"
        long = day(runs, 120, 600)
        paths = {long: "completed", finished(runs): "completed", waiting(runs): "running"}
        running, step = under_way(runs)
        for run, status in (paths | {running: "running"}).items():
            assert verify(run.journal).ok
            state = fold_all(read_all(run.journal))
            assert (state.status, state.unknown_events) == (status, 0)
            assert state.active == ((step,) if run == running else ())
        lines = read_all(long.journal)
        assert sum(line.type == "metrics.sampled" for line in lines) == 120
        assert sum(bytes(line.data).count(b"\\n") for line in lines if line.type == "step.output") == 600
        assert lines[-1].mono == 120


def test_programs_beside_the_console_are_found_or_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.delenv(peers.VARIABLE, raising=False)
    with benches.Bench(TINY) as bench:
        figures = list(peers.measure(bench))
    assert {figure.peer for figure in figures if not figure.theirs} == {"pg_activity: not found", "toolong: not found"}
    assert sum(bool(figure.theirs) for figure in figures) == len(figures) / 3
    there = tmp_path / "there"
    there.mkdir()
    (there / "tl").touch(mode=0o755)
    monkeypatch.setenv(peers.VARIABLE, f"{tmp_path}:{there}")
    assert peers.program("tl") == str(there / "tl")


def test_the_command_prints_the_table_and_writes_the_samples(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(bench: benches.Bench) -> list[Figure]:
        raise NotMeasured("nothing is there")

    monkeypatch.setitem(BENCHES, "start", missing)
    file = tmp_path / "figures.json"
    assert main(["--tiny", "--json", str(file), "scale", "start"]) == 1
    assert "start was not measured: nothing is there" in capsys.readouterr().out
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["figures"][0]["what"].startswith("scale: fold")
    assert written["not_measured"] and written["size"]["rounds"] == 1


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["nonsense"])
    assert refused.value.code == 2
    assert "there is no bench 'nonsense'" in capsys.readouterr().err


@pytest.mark.bench
def test_another_checkout_beside_this_one(capsys: pytest.CaptureFixture[str]) -> None:
    if not MAJORS:
        pytest.skip("no PostgreSQL server found")
    assert beside.main([str(benches.ROOT), "--rounds", "1", "--rows", "20"]) == 0
    rows = {
        line[:26].strip(): [float(word) for word in line[26:].split()]
        for line in capsys.readouterr().out.splitlines()[1:]
    }
    assert set(rows) >= {"sql", "query", "psql", "command", "start to exit"}
    assert all(len(values) == 2 and min(values) > 0 for values in rows.values())
