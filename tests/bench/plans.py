"""Plans for the benches, as text."""

from __future__ import annotations

import json
from collections.abc import Sequence


def plan_text(dsn: str, steps: Sequence[str]) -> str:
    """A plan for a development database; each of `steps` is one in YAML's flow style."""
    lines = [
        "virada: 1", "name: bench",
        f"targets: {{bench: {{environment: development, dsn: {json.dumps(dsn)}, server_log: none}}}}",
        "phases:", "  - title: Work", "    sections:", "      - title: Work", "        steps:",
        *(f"          - {step}" for step in steps),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def command_step(name: str, argv: Sequence[str]) -> str:
    """A step that runs a program."""
    return f"{{id: {name}, title: Run {name}, command: {{run: {json.dumps(list(argv), ensure_ascii=False)}}}}}"


def sign_step(name: str) -> str:
    """A step that a person signs."""
    return f"{{id: {name}, title: Sign {name}, sign: true}}"
