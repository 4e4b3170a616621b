"""Reading SQL files: statements with their lines, meta-commands, COPY data, and what a runner refuses."""

from __future__ import annotations

from tui.sql.classify import forbidden, is_transaction_control, is_within_transaction, needs_no_transaction
from tui.sql.review import Finding, review
from tui.sql.script import Script, ScriptError, Statement, read_script

__all__ = [
    "Finding",
    "Script",
    "ScriptError",
    "Statement",
    "forbidden",
    "is_transaction_control",
    "is_within_transaction",
    "needs_no_transaction",
    "read_script",
    "review",
]
