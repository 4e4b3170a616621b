"""What lies over the overview: its text is never lost, its keys are those in force, and the footer tells them."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from tests.console.journals import BRUNO, Story, failed, migrated, plan, prepared, step
from tests.console.twin import shown
from tui.console.input.dialog import Dialog, Question, QuestionField, dialog_picture, rows_wanted
from tui.console.input.keymap import own
from tui.console.screens.overlay import TextOverlay
from tui.console.screens.question import QuestionOverlay
from tui.console.settings import ViewerSettings
from tui.journal import events as e
from tui.pictures.lines import explained, plain, width_of
from tui.plan.model import Phase, Section
from tui.run import commands as c

TEXT = " ".join(f"word{n}" for n in range(120))


@pytest.mark.parametrize("width", [20, 56, 72])
@pytest.mark.parametrize("height", [7, 9, 16, 60])
def test_all_of_a_question_can_be_read(width: int, height: int) -> None:
    name = "".join(f"{n:03}-" for n in range(34))
    asked = QuestionField(label=f"Type: {name}", exactly=name)
    question = Question(title="Sign", confirm="Sign", lines=explained(TEXT), fields=(asked,))
    dialog = Dialog(question, 0.0)
    rows: dict[str, None] = {}
    for page in range(200):
        picture = dialog_picture(dialog, width, height)
        assert len(picture) <= height and all(width_of(line) <= width for line in picture)
        rows.update(dict.fromkeys(plain(line) for line in picture))
        if not any("PgDn" in plain(line) for line in picture):
            break
        assert dialog.key("pagedown", None, 10.0 + page) is None
    assert {f"word{n}" for n in range(120)} <= set(" ".join(rows).split())
    assert name in "".join(found[1] for row in rows if (found := re.fullmatch(r"(?:Type: )?([0-9-]+)", row)))
    dialog.key("pageup", None, 500.0)
    assert (dialog.top == 0) or "PgDn" in "\n".join(plain(line) for line in dialog_picture(dialog, width, height))


def test_what_fits_says_nothing_of_scrolling() -> None:
    question = Question(title="Sign", confirm="Sign", lines=explained(TEXT), fields=(QuestionField(label="Note"),))
    picture = dialog_picture(Dialog(question, 0.0), 56, rows_wanted(question, 56))
    assert "PgDn" not in "\n".join(plain(line) for line in picture)


def test_names_of_steps_keep_their_indent() -> None:
    question = Question(title="R", confirm="R", lines=((("  " + TEXT, "text"),),))
    rows = [plain(line) for line in dialog_picture(Dialog(question, 0.0), 40, 60)][1:5]
    assert all(row.startswith("  word") for row in rows)


async def test_the_smallest_screen_cuts_nothing_of_a_rollback(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path, size=(60, 20)) as seen:
        await seen.press("R")
        assert "It is safe within the next  ┃\n┃ 48:50." in seen.text()


async def test_a_long_text_to_sign_scrolls(tmp_path: Path) -> None:
    signed = step("read", "Ler", "sign", spec={"text": TEXT})
    phases = (Phase(title="A", sections=(Section(title="B", steps=(signed,)),)),)
    story = Story(msgspec.structs.replace(plan(), phases=phases)).helm()
    async with shown(story, tmp_path, size=(60, 20)) as seen:
        await seen.press("s")
        await seen.settle()
        assert "lines more below" in seen.text() and "word119" not in seen.text()
        assert "PgDn PgUp scroll" in seen.text().splitlines()[-1]
        await seen.press("pagedown", "pagedown", "pagedown")
        assert "word119" in seen.text() and "lines more above" in seen.text()


async def test_the_footer_shows_the_keys_of_what_is_open(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path, size=(80, 24)) as seen:
        own = seen.text().splitlines()[-1]
        for key, wanted in {"enter": "k scroll", "t": "Esc close", "colon": "Enter do it", "R": "Esc cancel"}.items():
            await seen.press(key)
            await seen.until(lambda wanted=wanted: wanted in seen.text().splitlines()[-1])  # type: ignore[misc]
            last = seen.text().splitlines()[-1]
            assert "roll back" not in last and "hold" not in last and "filter" not in last
            if isinstance(seen.app.screen, QuestionOverlay):
                await seen.settle()
            await seen.press("escape")
            await seen.until(lambda: seen.text().splitlines()[-1] == own)


async def test_keys_of_ones_own_work_over_the_overview_too(tmp_path: Path) -> None:
    settings = ViewerSettings(keys=own({"detach": "Q", "down": "J", "copy": "C", "palette": "P"}))
    async with shown(failed(), tmp_path, size=(80, 24), settings=settings) as seen:
        await seen.press("enter")
        screen = seen.app.screen
        assert isinstance(screen, TextOverlay)
        await seen.until(lambda: "J k scroll" in seen.text().splitlines()[-1])
        assert "C copy" in seen.text() and "Q detach" in seen.text()
        await seen.press("q", "j", "y")
        assert not seen.app.detached and screen._top == 0
        await seen.press("J")
        assert screen._top == 1
        await seen.press("Q")
        assert seen.app.detached


async def test_help_shows_every_key_of_an_action_and_those_of_boxes(tmp_path: Path) -> None:
    settings = ViewerSettings(keys=own({"zoom": ["Z", "f5"]}))
    async with shown(prepared(), tmp_path, size=(120, 100), settings=settings) as seen:
        await seen.press("question_mark")
        text = seen.text()
        for row in ("j Down ", "k Up ", ": Ctrl+P ", "Z F5 ", "- ", "Ctrl+C Ctrl+Q ", "PgDn PgUp ", "1-4"):
            assert f" {row}" in text, row
        for title in ("In details, help and team", "In questions", "In the palette"):
            assert title in text


async def test_without_the_helm_no_command_is_shown_and_x_says_whose_it_is(tmp_path: Path) -> None:
    story = prepared().add(e.HelmTaken(person=BRUNO), by=BRUNO)
    sentence = f"{BRUNO} has the helm; “take the helm” in the palette (:) takes it over, with a reason."
    async with shown(story, tmp_path, size=(120, 40)) as seen:
        text = seen.text()
        assert sentence in text and "x executes it." not in text
        last = text.splitlines()[-1]
        for word in ("execute", "run to", "hold", "roll back", "note"):
            assert word not in last
        for key in ("x", "h", "R", "n", "c", "minus"):
            await seen.press(key)
            assert not isinstance(seen.app.screen, QuestionOverlay)
        assert sentence in seen.text() and not seen.helm.taken
        await seen.press("escape", "colon")
        assert "take the helm" in seen.text() and "close the run" not in seen.text()
        await seen.press("escape")
        seen.story.helm().save(tmp_path / "run")
        await seen.until(lambda: "x execute" in seen.text().splitlines()[-1])
        await seen.press("x")
        assert await seen.commands() == [c.Execute(step="backup")]


async def test_a_free_helm_hides_nothing(tmp_path: Path) -> None:
    async with shown(Story(), tmp_path) as seen:
        assert "x execute" in seen.text().splitlines()[-1]


async def test_zoom_where_nothing_can_be_zoomed_says_so_and_takes_no_escape(tmp_path: Path) -> None:
    async with shown(migrated(), tmp_path, size=(80, 24)) as seen:
        await seen.press("k")
        assert not seen.app.view().following
        await seen.press("z")
        assert "Every pane is alone on a screen of fewer than 120 columns." in seen.text()
        await seen.press("escape")
        assert seen.app.view().following
