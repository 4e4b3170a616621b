"""What is installed of the package's extras: what only some plans need is not loaded to find that out."""

from __future__ import annotations

import re
from typing import Final

from tui.said import N_, Said

EXTRAS: Final = {"notify": ("apprise", "2.0.1")}
"""The distribution that an extra is for, and its oldest version that can be used."""


def lacking(extra: str) -> Said | None:
    """What to install, where it is not there or too old."""
    # It loads a good deal itself, for plans that tell nobody in vain.
    from importlib import metadata

    name, oldest = EXTRAS[extra]
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        text = N_("{name} is not installed here; install virada[{extra}].")
        return Said(text, name=name, extra=extra)
    if _numbers(found) < _numbers(oldest):
        text = N_("{name} {version} is older than {oldest} and says less of what it did; install virada[{extra}].")
        return Said(text, name=name, version=found, oldest=oldest, extra=extra)
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
