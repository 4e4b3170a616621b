"""Data to stdout, narration to stderr."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click
import msgspec


def print_json(data: Any, indent: int = 2) -> None:
    """JSON in UTF-8, whatever the terminal's encoding; with `indent` 0 on one line."""
    encoded = msgspec.json.encode(data)
    click.echo(msgspec.json.format(encoded, indent=indent) if indent else encoded)


def print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def tell(line: str) -> None:
    """A line of narration."""
    click.echo(line, err=True)
