"""What a step says of how long its server may be silent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tui.plan.kinds import Finding, Lint
from tui.said import Said

_LONG: Final = 30.0
"""Seconds for which an application may wait for a lock without anybody asking why."""


def lint_tolerance(lint: Lint, *, patient: bool) -> Iterator[Finding]:
    """`patient`: nobody waits for what the step locks."""
    said = lint.step.tolerate
    if said is not None and said > _LONG and not patient and not lint.is_undo:
        text = Said(
            "{step} would hold its locks for {seconds} s without a network; the application waits for them that long.",
            step=lint.step.id,
            seconds=f"{said:g}",
        )
        yield Finding(code="tolerates-long", said=text, level="warning")
