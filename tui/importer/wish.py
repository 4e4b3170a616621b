"""What a person says about the database of a plan that is being made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TargetWish:
    """None where nothing was said. `name`: the target's; `opens`, `duration`, `buffer`: as a plan has them."""

    name: str | None = None
    environment: str | None = None
    service: str | None = None
    dsn: str | None = None
    opens: str | None = None
    timezone: str | None = None
    duration: str | None = None
    buffer: str | None = None

    @property
    def said(self) -> bool:
        """Whether anything was."""
        return self != TargetWish()

    @property
    def windowed(self) -> bool:
        """Whether anything was said of the window."""
        return any(one is not None for one in (self.opens, self.timezone, self.duration, self.buffer))

    def target(self) -> dict[str, Any]:
        """The keys of the target but its window: `production` and `app-prod` where nothing was said."""
        keys: dict[str, Any] = {"environment": self.environment or "production"}
        if self.dsn is not None:
            return keys | {"dsn": self.dsn}
        return keys | {"service": self.service or "app-prod"}

    def window(self, usual: dict[str, Any] | None) -> dict[str, Any] | None:
        """The keys of the window, with what is `usual` where nothing was said; None without any."""
        said = {"opens": self.opens, "timezone": self.timezone, "duration": self.duration, "buffer": self.buffer}
        told = {key: value for key, value in said.items() if value is not None}
        if not told:
            return usual
        merged = {**(usual or {}), **told}
        if "duration" not in merged:
            merged["duration"] = "1h"
        return {key: merged[key] for key in ("opens", "timezone", "duration", "buffer") if merged.get(key) is not None}


NOTHING_SAID = TargetWish()
