"""The seal: what was approved is what runs. And the work: what was rehearsed is what runs in production."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from tui.plan.files import digest_of
from tui.plan.model import Plan


def lines_of(digests: Mapping[str, str]) -> list[str]:
    """The lines of a `SEAL` file, as `sha256sum` prints them, sorted, each with its newline."""
    return sorted(f"{digest}  {name}\n" for name, digest in digests.items())


def seal_of_digests(digests: Mapping[str, str]) -> str:
    """The seal over files by their SHA-256: that of the `SEAL` file's own bytes."""
    return hashlib.sha256("".join(lines_of(digests)).encode()).hexdigest()


def seal_of(directory: Path, files: Iterable[str]) -> tuple[str, list[str]]:
    """The seal over files of a directory, and the lines of its `SEAL` file. Raises OSError."""
    digests = {name: digest_of(directory / name) for name in files}
    return seal_of_digests(digests), lines_of(digests)


def work_of(plan: Plan, digests: Mapping[str, str]) -> str:
    """SHA-256 over phases, rollback, success criteria (those that steps tell, too) and the SHA-256 of the files that
    their steps name (by name).

    Canonical JSON: sorted keys, no blanks, UTF-8. Targets, team and name have no part in it.
    """
    work = {
        "phases": msgspec.to_builtins(plan.phases),
        "rollback": msgspec.to_builtins(plan.rollback),
        "success": msgspec.to_builtins(plan.success),
        "files": dict(digests),
    }
    if plan.quality:
        # Left out where there is none: works of plans without any are those of before.
        work["quality"] = msgspec.to_builtins(plan.quality)
    text = json.dumps(work, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
