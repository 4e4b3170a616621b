"""What `check` says of a script with an up and a down part: which is executed, and how the other takes it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from tui.plan.kinds import Finding, Lint
from tui.said import N_, Joined, Said
from tui.sql.parts import Parts, Span, parts_of

UNKNOWN = ("no-such-part", "which-part")
"""Findings after which it is not known what would be executed, so that it is not read further."""


TEXTS = {
    "no-such-part": N_("No marker of a migration tool begins such a part in it; leave `part: {part}` out."),
    "which-part": N_("Here too the up part would be executed; write `part: down`, or `part: up` where that is meant."),
    "asks-no-transaction": N_(
        "The file asks {tool} for no transaction, and this step executes it in one; `transaction: per_statement` does "
        "as the tool does."
    ),
    "up-part": N_("Of this file of {tool} the up part is executed (lines {up}), the down part is not (lines {down})."),
    "down-part": N_("To take it back with that write `undo: {{sql: {{file: {file}, part: down}}}}`."),
}


def lint_parts(lint: Lint, text: str) -> Iterator[Finding]:
    """The findings about the parts of a `sql` step's script; nothing for an ordinary one."""
    spec, parts = lint.spec, parts_of(text)
    if spec.part == "whole":
        return
    if parts is None or not (parts.down or spec.part != "down"):
        if spec.part is not None:
            yield Finding(code="no-such-part", facts={"part": spec.part}, key="part")
        return
    for error in parts.errors:
        if parts.tool or spec.part is None:
            yield _at(lint, error.code.replace("_", "-"), error.message, error.line)
    if parts.down and spec.part is None and parts.tool:
        if lint.is_undo:
            yield _at(lint, "which-part", None, parts.up[0].line)
            return
        yield _at(lint, "up-part", _taken(lint, parts), parts.down[0].line, "warning")
    asked = parts.untransacted.get(spec.part or "up")
    if asked is not None and spec.transaction == "single":
        yield _at(lint, "asks-no-transaction", None, asked, "warning", tool=parts.tool)


def _at(
    lint: Lint, code: str, said: str | Said | None, line: int, level: Literal["error", "warning"] = "error",
    **facts: str,
) -> Finding:  # fmt: skip
    key = "text" if lint.spec.file is None else "file"
    return Finding(code=code, facts=facts, said=said, key=key, file=lint.spec.file, line=line, level=level)


def _taken(lint: Lint, parts: Parts) -> Said:
    taken = Said(TEXTS["up-part"], tool=parts.tool, up=_lines(parts.up), down=_lines(parts.down))
    if lint.step.undo is not None or lint.spec.file is None:
        return taken
    return Joined((taken, Said(TEXTS["down-part"], file=lint.spec.file)), " ")


def _lines(spans: Sequence[Span]) -> str:
    return ", ".join(f"{span.line}-{span.end_line}" for span in spans)
