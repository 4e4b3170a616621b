"""Variables that an engine is started with for its own interpreter's sake, as they were before."""

from __future__ import annotations

import json
import os
from typing import Final

GIVEN: Final = "VIRADA_GIVEN"
"""JSON: name and value, null for a variable that was not there."""


def give_back() -> None:
    """From here on the environment is the starter's own."""
    for name, value in json.loads(os.environ.pop(GIVEN, "{}")).items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
