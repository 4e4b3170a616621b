from __future__ import annotations

from tests.unit.steps.drive import answers, play
from tui.journal.codes import FailReason
from tui.steps.effects import Failed
from tui.steps.registry import KINDS
from tui.steps.sign import KIND


def test_the_engine_never_signs() -> None:
    done = play(KIND, {}, answers())
    assert done.asked == []
    assert done.ended == Failed(reason=FailReason.NEEDS_SIGNATURE)


def test_what_it_is() -> None:
    assert (KIND.signed, KIND.short, KIND.changes) == (True, "text", False)
    assert KIND.facts is not None
    assert KIND.facts({"signed_by": "ana", "note": "seen", "x": 1}) == [("signed_by", "ana"), ("note", "seen")]


def test_a_kind_is_known_by_its_file() -> None:
    assert set(KINDS) >= {
        "sign", "check", "sql", "batch", "psql", "command", "query", "backup", "verify_backup", "monitor",
    }  # fmt: skip
    assert all(kind.name == name for name, kind in KINDS.items())
    assert {name for name, kind in KINDS.items() if kind.signed} == {"sign"}
