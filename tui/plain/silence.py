"""Words for a target that does not answer, and for a commit that nobody confirms."""

from __future__ import annotations

import re
from typing import Any

from tui.locale import _
from tui.visible import visible

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)Z")


def silence_words(reason: str, facts: dict[str, Any]) -> str | None:
    """Why a step waits, where it is for want of an answer; None for any other reason."""
    since = str(facts.get("since", "?"))
    found = _INSTANT.fullmatch(since)
    time = f"{found[1]} UTC" if found is not None else visible(since)
    match reason:
        case "target_silent":
            return _("the target has not answered since {time}").format(time=time)
        case "cancel_unheard":
            return _("its end is asked for since {time}, and the target does not hear it").format(time=time)
        case "backend_gone":
            return _("its session is gone from the server, and its connection did not tell")
        case "connection_stalled":
            return _("its connection carries nothing: the server waits for us, and we for the server")
        case "synchronous_standby":
            names = visible(str(facts.get("standbys", "?")))
            return _("its commit is on this server, and waits for the synchronous standby {names}").format(names=names)
    return None
