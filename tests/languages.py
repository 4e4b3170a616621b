"""`python -m tests.languages`: every screen of every story in every language, at every size where pytest has one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

_TESTS = Path(__file__).with_name("console") / "test_languages.py"

if __name__ == "__main__":
    os.environ["VIRADA_EVERY_SIZE"] = "1"
    sys.exit(pytest.main([str(_TESTS), "-n", "auto", "--dist", "load", *sys.argv[1:]]))
