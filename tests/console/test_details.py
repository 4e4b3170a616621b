"""Details of a step show what is executed to the letter, and what its outcome rests on."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.console.journals import FILES, Story, migrated, plan, step
from tests.console.twin import shown
from tui.console.feed.step_files import plan_files
from tui.journal.events import Effect
from tui.pictures.details import StepFiles, details
from tui.pictures.lines import plain, width_of
from tui.pictures.verbatim import UNBOUNDED, exact
from tui.plan.model import Phase, Plan, Proof, Section, Target
from tui.plan.seal import seal_of

LONG = (
    "  alter table app.orders add column region text default 'a very long default value'; drop table app.old cascade;"
)


def test_nothing_is_cut_and_folds_are_marked() -> None:
    lines = exact(f"begin;\n{LONG}\ncommit;", 40, numbered=True)
    assert all(width_of(line) <= 40 for line in lines)
    assert plain(lines[0]).strip() == "1 begin;" and plain(lines[1]).startswith("2   alter table")
    text = "".join(plain(line)[2:].replace("↵", "") for line in lines[1:-1])
    assert text == LONG and plain(lines[1]).endswith("↵")
    whole = exact(f"begin;\n{LONG}\ncommit;", UNBOUNDED, numbered=True)
    assert [plain(line).strip() for line in whole] == ["begin;", LONG.strip(), "commit;"]


def one(kind: str, **more: object) -> Story:
    """A run of a plan with one step."""
    found = step("only", "The only step", kind, **more)
    phases = (Phase(title="P", sections=(Section(title="S", steps=(found,)),)),)
    of = Plan(name="One", phases=phases, targets={"staging": Target(environment="staging", service="app")})
    return Story(of, environment="staging", window=False).helm()


async def test_where_an_argument_ends_is_seen(tmp_path: Path) -> None:
    story = one("command", spec={"run": ["sh", "-c", "rm -rf '/data/old dir'"]}, timeout=90.0, repeat="never",
                on_failure="propose_rollback", confirm="typed",
                prove=Proof(query="select count(*)\n  from t", equals=7))  # fmt: skip
    async with shown(story, tmp_path, size=(120, 40)) as seen:
        await seen.press("enter")
        text = seen.text()
        assert """sh -c 'rm -rf '"'"'/data/old dir'"'"''""" in text
        for part in ("its first value is 7", "1 min 30 s", "never, unless a person decides", "a rollback is proposed",
                     "the target's name is typed", "    from t"):  # fmt: skip
            assert part in text, part


async def test_a_file_is_shown_with_its_numbers_and_what_is_missing_is_said(tmp_path: Path) -> None:
    async with shown(migrated(), tmp_path, size=(120, 40)) as seen:
        plan_directory = tmp_path / "run" / "plan"
        seen.app.overview.checklist.selected = "migrate"
        await seen.press("enter")
        assert "1 alter table app.orders add column region text;" in seen.text()
        await seen.press("escape")
        (plan_directory / "migration.sql").write_text("select 1;\n" * 60_000)
        await seen.press("enter", "end")
        text = await read_whole(seen)
        assert "… and 337,856 bytes more, in " in text and "migration.sql" in text
        await seen.press("escape")
        (plan_directory / "migration.sql").unlink()
        await seen.press("enter")
        assert "It cannot be shown: No such file or directory." in await read_whole(seen)


async def read_whole(seen: object) -> str:
    from tui.console.screens.overlay import TextOverlay

    screen = seen.app.screen  # type: ignore[attr-defined]
    assert isinstance(screen, TextOverlay)
    return screen.text()


async def test_what_is_copied_can_be_executed(tmp_path: Path) -> None:
    async with shown(migrated(), tmp_path, size=(80, 24)) as seen:
        seen.app.overview.checklist.selected = "migrate"
        await seen.press("enter")
        text = await read_whole(seen)
        assert FILES["migration.sql"].replace("\n", "").replace(" ", "") in text.replace("\n", "").replace(" ", "")
        assert "1 alter" not in text and plan().name == "Plano de Execução em Produção"


@pytest.mark.parametrize(("effect", "label"), [("some", "last transaction"), ("none", "fate")])
async def test_a_fate_behind_which_something_is_applied_is_that_of_the_last_transaction(
    effect: Effect, label: str, tmp_path: Path
) -> None:
    async with shown(migrated(), tmp_path, size=(80, 24)) as seen:
        at = msgspec.structs.replace(
            seen.app.run_state.steps["migrate"],
            status="cancelled", fate="not_applied", fate_reason="xid_aborted", effect=effect,
        )  # fmt: skip
        found = details(seen.app.view(), at, StepFiles(), 80)
        (line,) = [text for row in found if "not applied" in (text := "".join(part[0] for part in row))]
    assert line.strip().startswith(f"{label} ")


async def test_a_file_that_was_changed_is_shown_as_such(tmp_path: Path) -> None:
    """Where the seal tells: what is shown is not what is executed."""
    async with shown(migrated(), tmp_path, size=(80, 24)) as seen:
        paths = seen.app.paths
        seal, lines = seal_of(paths.plan, FILES)
        (paths.plan / "SEAL").write_text("".join(lines))
        at = seen.app.run_state.steps["migrate"]
        told = []
        for text in (None, "drop table app.orders;\n"):
            if text is not None:
                (paths.plan / "migration.sql").write_text(text)
            for by in (seal, "0" * 64):
                found = details(seen.app.view(), at, StepFiles(files=plan_files(paths, at, by)), 80)
                told.append("It was changed after it was sealed" in "".join(part[0] for line in found for part in line))
    assert told == [False, False, True, False]
