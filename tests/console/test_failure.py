"""Why a step failed stands on the screen, with its SQLSTATE and what is in the database; an answer hides no alarm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import tui.locale
from tests.console.journals import Story, failed, migrated, migrating, plan, prepared
from tests.console.test_clock import view_of
from tests.console.test_twelve_questions import breached, undecided
from tests.console.twin import shown
from tui.journal import events as e
from tui.pictures.lines import plain, width_of
from tui.pictures.now import now
from tui.pictures.rollback_preview import rollback_lines
from tui.pictures.view import StatusMessage
from tui.plain.table import status_lines
from tui.run.status import status

SIZES = [(80, 24), (120, 40)]
CHECKS = [{"name": name, "expected": 1, "found": 1, "holds": name != "disk_free"} for name in
          ("connect", "version", "writable", "disk_free", "role", "tools")]  # fmt: skip
REFUSED = StatusMessage("2.1.1 comes first and is failed: execute that one, or skip it with a reason.", "warning")


def fails(step: str, reason: str, *, error: bool = True, **event: object) -> Story:
    story = (migrated() if step == "verify" else prepared()).begin(step)
    story.add(e.StepFailed(step=step, attempt=1, reason=reason, **event))  # type: ignore[arg-type]
    text = str(event.get("message") or reason)
    return story.add(e.ErrorRecorded(id="E1", text=text, step=step, attempt=1)) if error else story


def below(story: Story, width: int = 80, height: int = 4, said: StatusMessage | None = None) -> str:
    lines = now(replace(view_of(story), said=said), width, height)
    assert len(lines) <= height and all(width_of(line) <= width for line in lines)
    return " ".join(" ".join(plain(line) for line in lines).split())


def undo_failed() -> Story:
    story = failed().add(e.RollbackStarted(reason="r", undo=("backfill", "migrate")))
    story.add(e.StepStarted(step="undo.backfill", attempt=1, undoes="backfill"))
    error = {"sqlstate": "42501", "message": "permission denied for table orders", "file": "back.sql", "line": 3}
    story.add(e.StepFailed(step="undo.backfill", attempt=1, reason="sql_error", sqlstate="42501",
                           message=str(error["message"]), evidence={"error": error}))  # fmt: skip
    return story.add(e.RollbackFinished(outcome="failed", step="undo.backfill", duration_s=3.0))


SITUATIONS: dict[str, tuple[Callable[[], Story], tuple[str, ...]]] = {
    "which of six": (lambda: fails("backup", "check_failed", evidence={"checks": CHECKS}),
                     ("FAILED 2.1.1", "check 4 of 6 did not hold: disk_free: 1 B; expected 1 B",
                      "nothing of it is in the database")),
    "the value": (lambda: fails("verify", "not_as_expected", evidence={"columns": ["n"], "rows": [["12"]]}),
                  ("FAILED 2.3.1", "n = 12", "nothing of it is in the database")),
    "psql": (lambda: fails("backup", "sql_error", sqlstate="42P01", effect="some",
                   evidence={"error": {"message": 'relation "a" does not exist', "file": "m.sql", "line": 7}}),
             ("FAILED (SQLSTATE 42P01) 2.1.1", 'm.sql:7: relation "a" does not exist',
              "part of it is in the database")),
    "a program": (lambda: fails("backup", "exit_status", effect="unknown",
                        evidence={"exit_status": 2, "tail": "x\npsql:a.sql:3: ERROR:  22012: division by zero\n"}),
                  ("FAILED (SQLSTATE 22012) 2.1.1", "exit status 2: psql:a.sql:3: ERROR: 22012: division by zero",
                   "unknown what of it is in the database")),
    "an undo": (lambda: undo_failed(), ("The rollback FAILED at (SQLSTATE 42501) U2.2.3",
                                "back.sql:3: permission denied for table orders", "nothing of it is in the database")),
    "cancelled": (lambda: prepared().begin("backup").add(
                      e.StepCancelled(step="backup", attempt=1, reason="timeout", effect="some")),
                  ("CANCELLED 2.1.1", "it took longer than allowed", "part of it is in the database")),
    "undecided": (lambda: undecided(),
                  ("UNDECIDED 2.2.1", "nobody knows whether it was applied: the server is on another timeline.")),
}  # fmt: skip


@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.parametrize("size", SIZES)
async def test_the_cause_stands_on_the_screen(size: tuple[int, int], name: str, tmp_path: Path) -> None:
    story, wanted = SITUATIONS[name]
    async with shown(story(), tmp_path, size=size) as seen:
        text = " ".join(seen.text().split())
        for part in wanted:
            assert part in text, f"{part!r} is not in\n{seen.text()}"
        # Not told twice: what the line says is no further error.
        assert "unresolved error" not in text


@given(message=st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=400),
       title=st.text(min_size=1, max_size=200), width=st.integers(60, 200), height=st.integers(3, 4),
       language=st.sampled_from(["en", "pt_BR"]))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_however_long_title_and_message_are(message: str, title: str, width: int, height: int, language: str) -> None:
    whole = plan()
    phases = tuple(
        replace(phase, sections=tuple(
            replace(section, steps=tuple(replace(step, title=title) for step in section.steps))
            for section in phase.sections
        )) for phase in whole.phases
    )  # fmt: skip
    story = prepared(of=replace(whole, phases=phases)).begin("backup")
    story.add(e.StepFailed(step="backup", attempt=1, reason="sql_error", sqlstate="42P01", message=message))
    tui.locale.use(language)
    try:
        text = below(story, width, height)
        effect = tui.locale._("nothing of it is in the database")
    finally:
        tui.locale.use("en")
    beginning = " ".join(message.split()).rstrip(".")[:8]
    assert "(SQLSTATE 42P01) 2.1.1" in text and effect in text and beginning in text


@pytest.mark.parametrize(
    ("story", "alarm"),
    [
        (failed(), "Rollback is PROPOSED: Inconsistências"), (breached(), "response time is BREACHED: 330 ms"),
        (undecided(), "Look at the database."), (migrating(), "waits for a lock on app.orders"),
        (fails("backup", "exit_status", error=False).add(e.ErrorRecorded(id="E9", text="disk gone")), "E9: disk gone"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("said", [StatusMessage("Accepted."), REFUSED])
def test_an_answer_hides_no_alarm(story: Story, alarm: str, said: StatusMessage) -> None:
    for width, height in ((80, 4), (80, 3), (120, 2), (120, 3)):
        text = below(story, width, height, said)
        assert alarm[:24] in text and said.text[:24] in text, (width, height, text)


def test_an_error_that_is_resolved_or_over_is_not_unresolved() -> None:
    story = migrated().begin("verify")
    story.add(e.StepFailed(step="verify", attempt=1, reason="not_as_expected"))
    for id in ("E1", "E2"):
        story.add(e.ErrorRecorded(id=id, text="12 rows", step="verify", attempt=1))
    assert "2 unresolved errors" in below(story)
    story.add(e.ErrorResolved(id="E1", text="mended"))
    assert "unresolved" not in below(story), "the line above tells of the one that is left"
    story.add(e.ErrorRecorded(id="E3", text="disk gone", source="server"))
    assert "2 unresolved errors, the latest E3: disk gone" in below(story)
    story.passes("verify", attempt=2)
    assert "1 unresolved error, E3: disk gone" in below(story)
    story.add(e.ErrorResolved(id="E3", text="mended"))
    assert "1 error to be explained, E2: its step has ended well since" in below(story)
    story.add(e.ErrorResolved(id="E2", text="mended"))
    assert "error" not in below(story)


def test_a_proposed_rollback_says_why_and_for_how_long_it_is_safe() -> None:
    """Behind the alarm where its line has room; in the question before a rollback always."""
    story = failed()
    assert "It is expected to take" in below(story, 160, 3)
    lines = "\n".join(map(plain, rollback_lines(view_of(story))))
    assert "Proposed by “Inconsistências nos dados”: 2.3.1 Verificar" in lines and "It is safe within" in lines
    shown_by_plain = "\n".join(status_lines(status(story.state())))
    assert "ROLLBACK PROPOSED: Inconsistências nos dados" in shown_by_plain and "It is safe within" in shown_by_plain
