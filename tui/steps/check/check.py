"""What the checks of this package have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from tui.plan.kinds import Finding, Lint, Needs
from tui.steps.check.row import Look
from tui.steps.context import Context


def _no_findings(spec: Any) -> Iterable[Finding]:
    return ()


def _none_among(spec: Any, lint: Lint) -> Iterable[Finding]:
    return ()


def _no_needs(spec: Any) -> Needs:
    return Needs()


class Check(Struct, frozen=True, kw_only=True):
    """Something to be checked, or several things that one question tells; `spec` is its own part of `CheckSpec`.

    `look`: yields effects and returns the rows; what it puts into the evidence that it is given stands beside them.
    `lint` looks at the spec, `among` at what it says of the plan's other steps.
    `first`: where it does not get an answer there is nothing further to ask. `texts`: the sentences of its findings.
    """

    look: Callable[[Context, Any, dict[str, Any]], Look]
    first: bool = False
    lint: Callable[[Any], Iterable[Finding]] = _no_findings
    among: Callable[[Any, Lint], Iterable[Finding]] = _none_among
    needs: Callable[[Any], Needs] = _no_needs
    texts: Mapping[str, str] = {}
