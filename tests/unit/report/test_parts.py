"""What each part of a report tells, and what it says where there is nothing to tell."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal, get_args

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.console.journals import ANA, BRUNO, STORIES, Story, migrated, migrating, plan
from tests.schemas import schema_of
from tests.unit.report.journals import everything, failed, reading, rolled_back, sample, text, watched
from tui.cli.report import PARTS as command_parts
from tui.journal import events as e
from tui.plan.model import Guard
from tui.report.document import PARTS
from tui.report.lacking import Lacks, NotKnown, lacking, words
from tui.report.make import made
from tui.steps.report import Part


def part(story: Story, directory: Path, name: str) -> str:
    return made(reading(story, directory), "md", (name,)).replace("\\", "")


def test_every_step_is_told_planned_against_actual(tmp_path: Path) -> None:
    told = part(rolled_back(), tmp_path, "log")
    row = next(line for line in told.splitlines() if "Executar script de migração" in line)
    assert "T+10:00" in row
    assert "1 min 35 s" in row and "undone" in row and ANA.partition("@")[0] in row
    failure = next(line for line in told.splitlines() if "12 rows have no region" in line)
    assert "failed" in failure and "22012" in failure and "effect: nothing of it" in failure
    assert "not carried out" in told and "pending" not in told, "the run is closed"
    assert "pending" in part(failed(), tmp_path / "open", "log"), "this one is not"


def test_hours_in_which_no_engine_was_there_are_no_time_that_a_step_took(tmp_path: Path) -> None:
    story = Story(watched()).begin("migrate")
    story.add(e.RunRecovered(), after=36000.0)
    story.add(e.StepFate(step="migrate", attempt=1, fate="applied", reason="ledger"))
    story.add(e.StepPassed(step="migrate", attempt=1, effect="all"))
    for name in ("log", "summary"):
        row = next(line for line in part(story, tmp_path, name).splitlines()
                   if "Executar script de migração" in line and "10 h 00 min" in line)  # fmt: skip
        assert "at most 10 h 00 min: nobody saw its end" in row
    told = part(story, tmp_path, "summary")
    assert "(at most 10 h 00 min): whether it was kept is not known: nobody saw the end of the last change" in told


def test_errors_with_who_resolved_them(tmp_path: Path) -> None:
    story = failed().add(e.ErrorResolved(id="E1", text="reloaded the rows"), by=BRUNO)
    told = part(story, tmp_path, "errors")
    assert re.search(r"E1.*12 rows have no region.*SQLSTATE 22012.*resolved .* by bruno.*: reloaded the rows", told)
    assert "Inconsistências nos dados" in told
    assert "no resolution was recorded" in part(failed(), tmp_path / "open", "errors")
    assert "No error was recorded." in part(Story(), tmp_path / "none", "errors")


def test_what_people_said(tmp_path: Path) -> None:
    story = migrated().add(e.FeedbackAdded(text="orders are slow"), by=BRUNO).add(e.NoteAdded(text="looked at"), by=ANA)
    story.add(e.HelmReleased(person=ANA, note="over to Bruno"), by=ANA)
    told = part(story, tmp_path, "feedback")
    for said in ("orders are slow", "looked at", "handed over: over to Bruno", "note: Aviso enviado às 21:40"):
        assert said in told
    assert "No feedback was recorded" in part(migrated(), tmp_path / "none", "feedback")


def test_pictures_at_the_milestones(tmp_path: Path) -> None:
    told = part(rolled_back(), tmp_path, "dashboards")
    pictures = told.split("```text\n")[1:]
    titles = re.findall(r"^\*([^*].*)\*$", told, re.MULTILINE)
    assert len(pictures) == len(titles) >= 5
    assert any(title.startswith("Milestone: ") and "Executar script de migração" in title for title in titles)
    assert any(title.startswith("Failed: ") for title in titles) and titles[-1].startswith("At the end")
    milestone = next(p for p, title in zip(pictures, titles, strict=True) if "Executar script" in title)
    assert "REPLAY" in milestone and "running" in milestone, "as it was then, not as it ended"
    html = made(reading(rolled_back(), tmp_path / "html"), "html", ("dashboards",))
    assert html.count('class="screen"') == len(pictures)


def test_before_during_and_after_and_the_locks(tmp_path: Path) -> None:
    story = migrating()
    lock = {"mode": "ACCESS EXCLUSIVE", "relation": "app.orders", "held_s": 0.04, "rewritten": False, "line": 1}
    against = [{"metric": "response_time", "before": {"median": 0.01, "p95": 0.02},
                "now": {"median": 0.03, "p95": 0.2}, "worse": True}]  # fmt: skip
    evidence = {"locks": {"count": 1, "taken": [lock]}, "against": against}
    story.add(e.StepPassed(step="migrate", attempt=1, evidence=evidence, effect="all"), after=1.0).sample().sample()
    told = part(story, tmp_path, "performance")
    assert "| metric | before | during the change | after |" in told
    assert "ACCESS EXCLUSIVE on app.orders for 40 ms, not rewritten (line 1)" in told
    assert re.search(r"response time \| 10 ms / 20 ms \| 30 ms / 200 ms \| \*\*worse", told)
    assert "No step has recorded a lock" in part(Story(), tmp_path / "none", "performance")


def test_what_never_changed_has_a_row_and_no_chart(tmp_path: Path) -> None:
    told = made(reading(migrating(), tmp_path), "html", ("metrics",))
    charts, _title, still = told.partition("The same in every sample")
    rows = re.sub(r"<[^>]*>", " ", still)
    assert re.search(r"WAL rate +3.2 MB/s +19\b", rows) and "connections" not in rows
    assert "connections, the whole run" in charts and "WAL rate, the whole run" not in charts


def test_every_limit_of_a_metric_is_drawn(tmp_path: Path) -> None:
    limits = (Guard(metric="response_time", below=0.1), Guard(metric="response_time", below=0.25),
              Guard(metric="response_time", below=60.0))  # fmt: skip
    story = Story(replace(watched(), success=limits))
    for seconds in (0.05, 0.2, 0.3):
        sample(story, seconds)
    told = made(reading(story, tmp_path), "html", ("metrics",))
    assert told.count('class="limit"') == 2 and told.count('class="l"') == 2
    assert "; the limit, 60.0 s, lies far above; limits: 100 ms, 250 ms, 60.0 s" in told


def test_of_more_breaches_and_triggers_than_are_listed_it_is_said(tmp_path: Path) -> None:
    story = Story(watched())
    for _breach in range(1200):
        story.add(e.GuardBreached(metric="response_time", value=0.3, limit=0.1, source="db1"), after=1.0)
        story.add(e.GuardCleared(metric="response_time", value=0.01, limit=0.1), after=1.0)
        story.add(e.TriggerFired(title="Inconsistências nos dados", reason="guard_breached"))
    found = reading(story, tmp_path)
    assert "and 200 further rows, in the journal" in made(found, "html", ("metrics",))
    assert "and 700 further rows, in the journal" in made(found, "html", ("errors",))
    # A picture a breach would be a book.
    assert re.search(r"\b1\D?192 further moments are not pictured", made(found, "html", ("dashboards",)))
    told = json.loads(made(found, "json"))
    assert len(told["decisions"]) + told["further_decisions"] == 2400


def test_what_lies_between_the_lines_that_are_kept_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.report import reading as module

    monkeypatch.setattr(module, "KEPT", 8)
    story = Story()
    for number in range(20):
        story.add(e.FeedbackAdded(text=f"it is slow, {number}"), by=ANA)
    found = reading(story, tmp_path)
    told = {lack.code: lack.facts for lack in lacking(found)}
    assert told[Lacks.LEFT_OUT] == {"count": 21 - len(found.kept)}


@pytest.mark.parametrize("format_", ["html", "md"])
def test_a_difference_is_told_to_its_end(format_: Literal["html", "md"], tmp_path: Path) -> None:
    lines = "\n".join(f"+line {number} of the changed script, some words" for number in range(300))
    change = e.FileChange(name="m.sql", before="a" * 64, after="b" * 64, difference=lines)
    amended = e.RunAmended(plan=plan(), seal="2" * 64, work="3" * 64, reason="x", files=(change,))
    told = made(reading(migrating().add(amended, by=ANA), tmp_path), format_, ("log",))
    assert told.count("of the changed script, some words") == 300 and "\n+line 299 of the" in told


def test_results_of_tests_and_of_load(tmp_path: Path) -> None:
    tests = {"passed": 12, "failed": 1, "skipped": 2, "names": ["orders keep their region"], "cut": True}
    levels = [{"clients": 8, "transactions": 900, "tps": 30.5}, {"clients": 16, "tps": 31.0, "breached": ["cpu 0.7"]}]
    checks = [{"name": "disk_free", "expected": 10, "found": 5, "holds": False}, {"name": "x", "holds": None}]
    story = Story().passes("disk", tests=tests).passes("access", levels=levels, checks=checks)
    told = part(story, tmp_path, "tests")
    assert re.search(r"passed \| 12 \| 1 \| 2 \|", told) and "orders keep their region" in told
    assert "fewer tests ran than were planned" in told
    assert re.search(r"\| 8 \| 900 \| 30.5", told) and "cpu 0.7" in told
    assert "NO" in told and "not known" in told
    assert "No step has run a program of tests" in part(Story(), tmp_path / "none", "tests")


def test_a_plan_that_was_amended_and_what_was_learnt(tmp_path: Path) -> None:
    file = e.FileChange(name="migration.sql", before="a" * 64, after="b" * 64, difference="-drop\n+alter", more=2)
    change = e.StepChange(step="migrate", how="changed", difference="-  retries: 3\n+  retries: 9")
    story = migrating().add(
        e.RunAmended(plan=plan(), seal="2" * 64, work="3" * 64, reason="a typo", steps=(change,), files=(file,),
                     parts=(e.PartChange(part="team", difference="-role: DBA\n+role: DBA on call"),),
                     rehearsed=False), by=ANA,
    )  # fmt: skip
    story.add(e.LessonAdded(id="L1", text="ask before ten"), by=ANA)
    story.add(e.ImprovementAdded(id="I1", text="a second reader", owner="Rui", due="2031-12-31"), by=ANA)
    told = made(reading(story, tmp_path), "md").replace("\\", "")
    log = part(story, tmp_path, "log")
    assert "| other parts | the team |" in log and "+role: DBA on call" in log
    assert re.search(r"\| plan amended \| .* by ana@.*jump1: a typo \|", told)
    assert "migrate (changed)" in told and "-drop\n+alter" in told and "+  retries: 9" in told
    assert "2 lines of it are left out" in told and "what changed was not rehearsed" in told
    assert "| I1 | a second reader | Rui | 2031-12-31 |" in told and "| L1 | ask before ten |" in told


@pytest.mark.parametrize("name", STORIES)
def test_of_any_run_at_any_moment(name: str, tmp_path: Path) -> None:
    told = text(STORIES[name](), tmp_path, "html", "pt_BR")
    assert re.findall(r'<section id="([a-z]+)">', told) == list(PARTS)


def test_of_a_run_that_has_but_begun_and_measured_nothing(tmp_path: Path) -> None:
    told = text(Story(window=False), tmp_path)
    assert "Nothing was measured." in told and "no step that changes something has begun" in told


def test_json_is_as_its_schema_says(tmp_path: Path) -> None:
    for name, story in {**STORIES, "everything": everything}.items():
        told = json.loads(text(story(), tmp_path / name, "json"))
        jsonschema.Draft202012Validator(schema_of("report")).validate(told)
        assert told["status"]["id"] == told["run"] and told["head"]["seq"] == told["status"]["seq"]


def test_one_part_alone(tmp_path: Path) -> None:
    found = reading(failed(), tmp_path)
    for name in PARTS:
        html = made(found, "html", (name,))
        assert re.findall(r'<section id="([a-z]+)">', html) == [name]


def test_a_torn_tail_and_a_line_that_is_none(tmp_path: Path) -> None:
    story = failed()
    journal = story.save(tmp_path).journal
    with journal.open("ab") as file:
        file.write(b'{"v":1,"seq":')
    found = {lack.code: lack.facts for lack in lacking(reading(story, tmp_path))}
    assert found[Lacks.TORN] == {"count": 13} and Lacks.BROKEN not in found
    lines = journal.read_bytes().split(b"\n")
    lines[40] = lines[40].replace(b'"engine"', b'"nobody"')
    journal.write_bytes(b"\n".join(lines))
    found = {lack.code: lack.facts for lack in lacking(reading(story, tmp_path))}
    assert found[Lacks.BROKEN] == {"line": 41}
    journal.write_bytes(b"\n".join([*lines[:50], b"{}", *lines[50:]]))
    found = {lack.code: lack.facts for lack in lacking(reading(story, tmp_path))}
    assert Lacks.BROKEN in found and "broken at line 41" in text(story, tmp_path)


def test_what_is_not_known_has_a_sentence() -> None:
    facts = {
        "line": 3, "count": 4, "steps": [f"1.1.{n}" for n in range(30)], "errors": ["E1\x1b"], "span": 61.0, "of": 90.0,
        "metrics": ["cpu"], "criteria": ["a"], "types": ["x.y"], "times": "36000",
    }  # fmt: skip
    told = {code: words(NotKnown(code=code, facts=facts)) for code in Lacks}
    assert len(set(told.values())) == len(Lacks)
    assert all(sentence.endswith(".") and "{" not in sentence and "\x1b" not in sentence for sentence in told.values())
    assert "and 10 more" in told[Lacks.UNDECIDED]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(("name", "taken", "file", "bytes", "path", "names", "metric", "median", "hour")),
                      inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
_TOLD = ("levels", "tests", "against", "slower", "top_statements", "locks", "documents", "output", "kept_as", "bytes")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(evidence=st.dictionaries(st.sampled_from(_TOLD), _JSON), number=st.integers(0, 10**9))
def test_whatever_evidence_says(evidence: dict[str, object], number: int, tmp_path: Path) -> None:
    """Journals of other versions, and forged ones, have anything in it."""
    story = Story().add(e.StepStarted(step="disk", attempt=1))
    story.add(e.StepPassed(step="disk", attempt=1, evidence=evidence))
    found = reading(story, tmp_path / f"{number}-{len(list(tmp_path.iterdir()))}")
    parts = ("log", "recording", "performance", "tests")
    assert made(found, "html", parts).count("<section id=") == len(parts) and made(found, "json")


def test_plans_and_the_command_name_the_same_parts() -> None:
    assert get_args(Part) == PARTS == command_parts
