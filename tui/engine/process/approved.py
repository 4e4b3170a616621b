"""The plan as it was approved, read from its frozen files once more: with the secrets that `run.opened` leaves out."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tui.plan.files import PLAN_FILE
from tui.plan.loader import load
from tui.plan.model import Plan
from tui.plan.seal import seal_of_digests
from tui.plan.secrets import Secrets


class Approved(msgspec.Struct, frozen=True):
    """A plan, and what it and its files hold of secrets."""

    plan: Plan
    secrets: Secrets


def approved(directory: Path, seal: str) -> Approved | None:
    """What is frozen in `directory`; None where it cannot be read, or is not what has this seal."""
    from tui.steps.registry import KINDS

    loaded = load(directory / PLAN_FILE, KINDS)
    if loaded.plan is None or seal_of_digests(loaded.digests) != seal:
        return None
    return Approved(loaded.plan, loaded.secrets)


def known_secrets(directory: Path, seal: str) -> Secrets:
    """What is frozen in `directory` holds; nothing where that cannot be read."""
    found = approved(directory, seal)
    return Secrets() if found is None else found.secrets
