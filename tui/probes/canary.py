"""The canary: a question of the plan's own, asked again and again, and how long the answer takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Literal, Protocol

from tui.journal.remarks import Coded, Remarked
from tui.probes.answer_times import AnswerWindow
from tui.probes.http import HttpClient, HttpFailed, address_of, host_of
from tui.said import Said, said_of

_CONNECT_S = 10.0


class CanaryFailed(Exception):
    """No answer, or one that says that the service is not well: the server's own text, or a `Coded`."""


class CanaryQuestion(Protocol):
    """What is asked. `patience`: seconds after which there is no answer."""

    patience: float

    @property
    def source(self) -> str:
        """Who answers."""

    async def prepare(self) -> None:
        """Connect where that is needed; not part of what is measured. Raises CanaryFailed."""

    async def ask(self) -> None:
        """Raises CanaryFailed; may be cancelled at any moment."""

    async def close(self) -> None: ...


class HttpQuestion:
    """A GET; anything from status 400 on is no answer, as is one without an end."""

    patience = 10.0

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = HttpClient()

    @property
    def source(self) -> str:
        return host_of(self._url)

    async def prepare(self) -> None:
        """The connection is part of the answer."""

    async def ask(self) -> None:
        where = address_of(self._url)
        try:
            status, _body = await self._client.get(self._url)
        except HttpFailed as error:
            raise CanaryFailed(Coded(Remarked.HTTP_UNANSWERED, where=where, reason=said_of(error))) from None
        if status >= 400:
            raise CanaryFailed(Coded(Remarked.HTTP_STATUS, where=where, status=status))

    async def close(self) -> None:
        await self._client.close()


class CanaryWatch:
    """Asks every `every` seconds, until cancelled; then call `close`.

    A question without an answer counts as slow as what is not allowed any more (`limit`, seconds), as its patience, or
    as long as it took, whichever is most: something that is down must not look fast.
    """

    def __init__(
        self,
        question: CanaryQuestion,
        every: float,
        limit: float,
        say: Callable[[Literal["INFO", "WARNING"], Coded], None],
    ) -> None:
        self._question = question
        self._every = every
        self._limit = limit
        self._say = say
        self._window = AnswerWindow()
        self._asked: float | None = None
        self.trouble: str | Said | None = None

    @property
    def source(self) -> str:
        """Who answers, as shown beside the figures."""
        return self._question.source

    def figures(self) -> dict[str, float]:
        """See AnswerWindow."""
        now = time.monotonic()
        return self._window.figures(now, None if self._asked is None else now - self._asked)

    async def run(self) -> None:
        """See the class."""
        while True:
            began = time.monotonic()
            await self._once()
            await asyncio.sleep(max(0.01, self._every - (time.monotonic() - began)))

    async def close(self) -> None:
        """End what the question keeps open."""
        await self._question.close()

    async def _once(self) -> None:
        trouble: str | Said | None = None
        began = time.monotonic()
        try:
            async with asyncio.timeout(_CONNECT_S):
                await self._question.prepare()
            began = self._asked = time.monotonic()
            async with asyncio.timeout(self._question.patience):
                await self._question.ask()
            taken = time.monotonic() - began
        except (CanaryFailed, TimeoutError) as error:
            taken = max(time.monotonic() - began, self._question.patience, self._limit)
            trouble = said_of(error) or Coded(Remarked.CANARY_TIMEOUT)
            if isinstance(error, TimeoutError):
                await self._question.close()
        finally:
            self._asked = None
        self._window.add(time.monotonic(), taken)
        if trouble != self.trouble:
            self._tell(trouble)

    def _tell(self, trouble: str | Said | None) -> None:
        self.trouble = trouble
        if trouble is None:
            self._say("INFO", Coded(Remarked.CANARY_ANSWERS))
        else:
            self._say("WARNING", Coded(Remarked.CANARY_UNANSWERED, reason=trouble))
