"""Narration in two languages at once, in tasks of one loop and in threads: each speaks its own."""

from __future__ import annotations

import asyncio
import threading
from contextvars import copy_context

from tests.console.journals import failed
from tui import locale
from tui.plain.narrator import narrate
from tui.run.fold import fold
from tui.run.state import RunState

LINES = failed().lines


class Told:
    """The narration of a run in a language, a line of the journal at a time."""

    def __init__(self, language: str) -> None:
        locale.use(language)
        self.state, self.texts = RunState(), list[str]()

    def on(self, number: int) -> None:
        previous, self.state = self.state, fold(self.state, LINES[number])
        self.texts += narrate(previous, self.state, LINES[number])


async def _task(language: str) -> list[str]:
    told = Told(language)
    for number in range(len(LINES)):
        told.on(number)
        await asyncio.sleep(0)
    return told.texts


async def _both() -> list[list[str]]:
    return list(await asyncio.gather(_task("en"), _task("pt_BR")))


def _thread(language: str, turn: threading.Barrier, into: dict[str, list[str]]) -> None:
    told = Told(language)
    for number in range(len(LINES)):
        turn.wait(10)
        told.on(number)
    into[language] = told.texts


def test_each_task_and_each_thread_speaks_its_own() -> None:
    locale.use("en")
    english, portuguese = (asyncio.run(_task(language)) for language in ("en", "pt_BR"))
    assert any("step" in text for text in english) and any("iniciada:" in text for text in portuguese)
    assert not any("iniciada:" in text for text in english) and asyncio.run(_both()) == [english, portuguese]
    told: dict[str, list[str]] = {}
    turn = threading.Barrier(2)
    threads = [threading.Thread(target=_thread, args=(name, turn, told)) for name in ("en", "pt_BR")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == {"en": english, "pt_BR": portuguese} and locale.language() == "en"


def test_a_thread_in_a_copy_of_the_context_goes_on_in_its_language() -> None:
    heard: list[str] = []
    locale.use("pt_BR")
    thread = threading.Thread(target=copy_context().run, args=(lambda: heard.append(locale.language()),))
    locale.use("en")
    thread.start()
    thread.join()
    assert heard == ["pt_BR"]
