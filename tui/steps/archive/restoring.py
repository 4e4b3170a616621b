"""What pg_restore's end is worth on a server older than itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tui.steps.effects import ChildDone

COMMAND: Final = "Command was: "
_TRANSACTION_TIMEOUT: Final = 17
"""The first version that has this setting. pg_restore of it and later ones sets it on older servers, too, which refuse
it; so there no error may be the last."""


def tolerates(tools: Mapping[str, Any]) -> bool:
    """Whether such an error is to be passed over. `tools`: as `Probe` tells of pg_restore."""
    program, server = tools.get("found", {}).get("pg_restore", {}).get("major"), tools.get("server_major")
    return program is not None and server is not None and server < _TRANSACTION_TIMEOUT <= program


def only_a_setting(restored: ChildDone, kept: int) -> bool:
    """Whether nothing failed but that older servers do not know a setting, which pg_restore sends to every server: in
    each of its connections, and of the errors in others it ignores it counts none. `kept`: characters of its output."""
    errors = re.split(r"^pg_restore: error: ", restored.tail, flags=re.MULTILINE)[1:]
    harmless = all(COMMAND + "SET transaction_timeout = 0;" in error for error in errors)
    return restored.status == 1 and harmless and bool(errors) and restored.length <= kept
