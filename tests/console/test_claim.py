"""Root in the console before another account's run: its owner's name is typed before anything is commanded."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest
from textual.events import Key

from tests.acceptance.planted import LAST, plant, share
from tests.console.journals import prepared
from tests.console.test_commands import confirm_by_name
from tests.console.twin import HelmTwin, shown
from tui.console.screens.question import QuestionOverlay
from tui.helm.client import NoEngine
from tui.pictures.header import _person
from tui.runs.claim import Claim, claim_of
from tui.runs.owner import NotOwned, taker

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can name another account")
NOBODY = (65534, 65534)


@pytest.fixture
def claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Claim:
    home = tmp_path / "home"
    monkeypatch.setenv("VIRADA_HOME", str(home))
    share(home, NOBODY[1])
    plant(home, NOBODY)
    found = claim_of(LAST)
    assert found is not None
    return found


@needs_root
async def test_nothing_is_asked_of_it_before_the_name_is_typed(claim: Claim, tmp_path: Path) -> None:
    twin, asked = HelmTwin(), list[str]()

    def connect(take: str | None) -> HelmTwin:
        if not asked:
            raise NoEngine("none")
        return twin

    def ensure() -> str | None:
        account = taker(claim.paths)
        asked.append("" if account is None else account.name)
        return None

    with pytest.raises(NotOwned):
        taker(claim.paths)
    async with shown(prepared(), tmp_path, connect=connect, ensure_engine=ensure, claim=claim) as seen:
        assert isinstance(seen.app.screen, QuestionOverlay) and "nobody" in seen.text()
        await confirm_by_name(seen, [])
        assert "Type “nobody” exactly" in seen.text() and asked == []
        await seen.press("tab", "tab")
        await seen.press(*["backspace"] * len("production"))
        await seen.type("nobody")
        await seen.settle()
        await seen.press("tab", "enter")
        await seen.until(lambda: asked == ["nobody"])


@needs_root
async def test_whoever_does_not_type_it_leaves(claim: Claim, tmp_path: Path) -> None:
    def connect(take: str | None) -> HelmTwin:
        raise AssertionError("nothing is connected to")

    async with shown(prepared(), tmp_path, connect=connect, claim=claim) as seen:
        await seen.settle()
        # Not awaited as other keys are: the screen that it would be awaited on is gone by then.
        seen.app.post_message(Key("escape", None))
        deadline = time.monotonic() + 20
        while not seen.app.detached:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
    with pytest.raises(NotOwned):
        taker(claim.paths)


@needs_root
def test_only_another_accounts_run_by_its_full_id_is_asked_about(claim: Claim) -> None:
    paths = claim.paths
    for text in (None, "last", LAST[:10], str(paths.directory), "no such run"):
        assert claim_of(text) is None
    with pytest.raises(NotOwned):
        claim.typed("root")
    os.chown(paths.journal, 0, 0)
    assert claim_of(LAST) is None, "what is not wholly its owner's is refused to everybody"


def test_that_a_name_is_declared_is_not_cut_off() -> None:
    label = "ana.maria (declared by virada@jump1)"
    assert _person(label, 40) == label
    assert _person(label, 20).startswith("ana.maria (declared")
    assert _person(label, 16).endswith("(declared)") and _person(label, 16).startswith("ana")
    assert _person(label, 8).startswith("?ana")
    assert _person("ana.maria@jump1", 8) == "ana.mar…"
