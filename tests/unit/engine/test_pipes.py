from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from tui.engine.programs.pipes import ProgramPipes


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 20))


class Program:
    """The other end, as a program has it."""

    def __init__(self, talk: ProgramPipes) -> None:
        self.commands, self.reports = (os.dup(descriptor) for descriptor in talk.descriptors)
        self.ended = asyncio.Event()

    def end(self) -> None:
        os.close(self.commands)
        os.close(self.reports)


def test_both_ways() -> None:
    async def main() -> None:
        talk = ProgramPipes()
        program = Program(talk)
        await talk.begin()
        talk.say("one\n")
        assert await asyncio.to_thread(os.read, program.commands, 100) == b"one\n"
        os.write(program.reports, b"heard\nhalf")
        assert await talk.hear(program.ended) == b"heard\n"
        os.write(program.reports, b" a line\n")
        assert await talk.hear(program.ended) == b"half a line\n"
        talk.end()
        assert await asyncio.to_thread(os.read, program.commands, 100) == b"", "the end of its commands"
        program.end()
        talk.close()

    run(main())


def test_what_was_said_before_the_end_is_heard_and_then_nothing() -> None:
    """Although what the program has left in the background holds its end of the pipe open."""

    async def main() -> None:
        talk = ProgramPipes()
        program = Program(talk)
        await talk.begin()
        os.write(program.reports, b"last\n")
        program.ended.set()
        assert await talk.hear(program.ended) == b"last\n"
        assert await talk.hear(program.ended) is None
        program.end()
        talk.close()

    run(main())


def test_a_program_that_reads_nothing_holds_nothing_up() -> None:
    async def main() -> None:
        talk = ProgramPipes()
        program = Program(talk)
        await talk.begin()
        talk.say("x" * 1_000_000)
        program.end()
        talk.say("more")
        talk.end()
        talk.close()

    run(main())


@pytest.mark.parametrize("begun", [True, False])
def test_nothing_stays_open(begun: bool) -> None:
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))

    async def main() -> None:
        talk = ProgramPipes()
        if begun:
            await talk.begin()
        talk.close()
        await asyncio.sleep(0)

    run(main())
    assert len(list(descriptors.iterdir())) <= before
