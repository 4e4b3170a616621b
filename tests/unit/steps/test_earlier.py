"""What a step rests on of others: `check` says at its place where that cannot be known in time."""

from __future__ import annotations

from pathlib import Path

from tui.plan.loader import load
from tui.steps.registry import KINDS

RESTS = """
          - {id: dump, title: t, backup: {directory: /b}}
          - {id: early, title: t, verify_backup: late}
          - {id: own, title: t, collect: {checksums_of: own}}
          - {id: late, title: t, backup: {directory: /b}}
          - {id: rows, title: t, check: {consistency: {before: print}}}
          - {id: beside, title: t, with: dump, verify_backup: dump}
      - title: P
        parallel: true
        steps:
          - {id: print, title: t, fingerprint: {}}
          - {id: one, title: t, compare: {with: print}}
          - {id: two, title: t, compare: {with: print}, needs: [print]}
          - {id: undone, title: t, sql: "select 1", undo: {restore: {back: undone}}}
"""


def test_what_a_step_rests_on_has_ended_when_it_begins(tmp_path: Path) -> None:
    head = "virada: 1\nname: N\ntargets: {dev: {environment: development, dsn: dbname=x}}\nphases:\n"
    text = head + "  - title: P\n    sections:\n      - title: S\n        steps:" + RESTS
    (tmp_path / "plan.yaml").write_text(text)
    found = [p for p in load(tmp_path / "plan.yaml", KINDS).problems if p.code == "later-step"]
    named = {}
    for problem in found:
        line = text.splitlines()[problem.line - 1]
        named[line.split("id: ")[1].split(",")[0]] = line[problem.column - 1 :].split("}")[0].split(",")[0]
    assert named == {"early": "late", "own": "own", "rows": "print", "beside": "dump", "one": "print"}
