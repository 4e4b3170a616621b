"""The shipped plan with its scripts, and what a person says about the database put into it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tui.importer.imported import Imported, ImportFailed
from tui.importer.wish import TargetWish
from tui.importer.yaml_text import flow, text
from tui.said import N_, Said

NAMES: Final = {"en": "production.yaml", "pt_BR": "producao.yaml"}
"""By language."""
SCRIPTS: Final = ("migration", "rollback", "verification", "functional", "load")
"""Those of the plan, by the names that a person calls them."""
_TARGET: Final = "  production:\n    environment: production\n    service: app-prod\n"
_REHEARSED: Final = "    rehearsal: required\n"
_STAGING: Final = re.compile(r"  staging:\n(?:    .*\n)+")
_WINDOW: Final = re.compile(
    r"(    window: )\{opens: (?P<opens>\"[^\"]*\"), timezone: (?P<zone>\S+), duration: 45m, buffer: 15m\}"
)


def plans() -> Path:
    """Where the shipped plans lie: in an installed wheel `tui/_plans`, in a checkout `plans` beside `tui`."""
    package = Path(__file__).parents[1]
    for place in (package / "_plans", package.parent / "plans"):
        if (place / NAMES["en"]).is_file():
            return place
    raise ImportFailed(Said("The shipped plans are not in this installation; install it again."))


def shipped(language: str, wish: TargetWish, scripts: Mapping[str, bytes]) -> Imported:
    """The plan in a language. `scripts`: contents in place of the examples', by the names in SCRIPTS. Raises
    ImportFailed, OSError."""
    place = plans()
    plan = (place / NAMES[language]).read_text(encoding="utf-8")
    files = {f"scripts/{name}.sql": (place / "scripts" / f"{name}.sql").read_bytes() for name in SCRIPTS}
    files |= {f"scripts/{name}.sql": content for name, content in scripts.items()}
    left = [name for name in SCRIPTS if name not in scripts]
    told: list[Said] = []
    if left:
        message = N_("These scripts are still the demo's examples: {names}.")
        told.append(Said(message, names=[f"scripts/{name}.sql" for name in left]))
    return Imported(with_target(plan, wish), files, tuple(told))


def with_target(plan: str, wish: TargetWish) -> str:
    """The shipped plan's text with another target in place of its `production`."""
    if not wish.said:
        return plan
    name = wish.name or "production"
    keys = wish.target()
    lines = [f"  {text(name)}:", *(f"    {key}: {text(value)}" for key, value in keys.items())]
    plan = _once(plan, _TARGET, "\n".join(lines) + "\n")
    if keys["environment"] != "production":
        plan = _once(plan, _REHEARSED, "")
    if name == "staging":
        plan = _STAGING.sub("", plan, count=1)

    def window(found: re.Match[str]) -> str:
        opens, rehearsal = found["opens"].strip('"'), found["opens"].startswith('"+')
        usual: dict[str, Any] = {"opens": opens, "timezone": found["zone"], "duration": "45m", "buffer": "15m"}
        told = wish.window(usual)
        assert told is not None
        return f"{found[1]}{flow({**told, 'opens': opens} if rehearsal else told)}"

    return _WINDOW.sub(window, plan)


def _once(plan: str, old: str, new: str) -> str:
    if plan.count(old) != 1:
        raise ImportFailed(Said("The shipped plan is not as this version expects it; install it again."))
    return plan.replace(old, new)
