"""What kinds say of a plan is put into the language of whoever reads it; no place in a sentence stays empty."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tui.locale
from tui.plan.loader import load
from tui.steps.registry import KINDS
from tui.words.said import say

PLAN = """\
virada: 1
name: An example
targets: {staging: {environment: staging, service: app-staging, channels: {team: "${TEAM_URL}"}}}
phases:
  - title: Example
    sections:
      - title: Example
        steps:
          - {id: b1, title: t, backup: {directory: /b, space: much, jobs: 4}}
          - {id: b1a, title: t, backup: {}}
          - {id: b1b, title: t, backup: {command: [x], jobs: 2}}
          - {id: b1c, title: t, backup: {directory: /b, prefer: time, format: directory, encrypt: [x]}}
          - {id: b1d, title: t, store_backup: {of: nothing, ssh: here}}
          - {id: b1e, title: t, store_backup: {of: b4, command: [x], directory: /b}}
          - {id: b1g, title: t, backup: {directory: /b, from: s, fingerprint: true}}
          - {id: b1h, title: t, verify_backup: {of: b1g, level: restore, server: s, fingerprint: true}}
          - {id: b1f, title: t, collect: {command: [x], checksums_of: b4, name: a/b, limit: much}}
          - {id: b1i, title: t, report: {formats: [], name: a/b}}
          - {id: b2, title: t, verify_backup: {of: nothing, level: list, schemas: [a]}}
          - {id: b3, title: t, verify_backup: b4}
          - {id: b4, title: t, command: {run: []}}
          - {id: b5, title: t, command: [./x.sh, a]}
          - {id: b7, title: t, check: {version: "a>=1", disk_free: 5 apples}}
          - {id: b8, title: t, check: {}}
          - {id: b7b, title: t, check: {disk: false, resources: {cpu: 200%, samples: 0}}}
          - {id: e1, title: t, check: {recent_backup: {}, replication: {accept: [nothing], slot_bytes: 2x}}}
          - {id: b7c, title: t, check: {disk: {data: x}, access: {tables: [orders]}, rollback: {without: [none]}}}
          - {id: b7o, title: t, check: {consistency: {orphans: [{from: a.b, to: c}]}}}
          - {id: b9, title: t, monitor: {}}
          - {id: n1, title: t, notify: {channel: team, text: " "}}
          - {id: n2, title: t, notify: {channel: team, text: "{plan} {window} {{step}}"}}
          - {id: c1, title: t, query: {sql: "select 1", equals: 1, below: 4}}
          - {id: c3, title: t, batch: {sql: "call x(); commit"}}
          - {id: c4, title: t, sql: {}}
          - {id: c5, title: t, sql: "", tolerate: 1h}
          - id: c6
            title: t
            sql:
              text: "create index concurrently a on b(c); call p(); select 1"
              transaction: script
          - {id: c7, title: t, sql: {text: "select 1", part: down}}
          - {id: c9, title: t, psql: {file: p.sql, single_transaction: false}}
          - {id: e1, title: t, load: {scripts: [], clients: [2, 1], for: 500ms}}
          - {id: e2, title: t, load: {scripts: [p.sql], clients: [2], must_hold: 1}}
          - {id: e3, title: t, batch: {table: a, set: "b = 1", workers: 9, target: 0s, total: "select 1"}}
          - {id: e8, title: t, batch: {table: a, set: "b = 1 where c", where: "b)", key: [b]}}
          - {id: e4, title: t, batch: {sql: "update a set b = 1", where: "b is null"}}
          - {id: e5, title: t, batch: {}}
          - id: e6
            title: t
            batch: "update a set b = 1 where id in (select id from a where b is null order by id limit 5)"
          - {id: e7, title: t, monitor: {for: 5s, against: {baseline: nowhere}}}
          - {id: d1, title: t, sql: {file: goose.sql}}
          - {id: d2, title: t, sql: {file: goose.sql, part: up}, undo: {sql: {file: goose.sql}}}
          - {id: d3b, title: t, backup: {directory: /b, tables: [a.b]}}
          - {id: d3c, title: t, restore: d3b}
          - {id: d3d, title: t, verify_backup: {of: d3b, command: [x]}}
          - {id: d3e, title: t, backup: {command: [x]}}
          - {id: d3f, title: t, verify_backup: {of: d3e, level: restore, jobs: 2}}
          - {id: d3, title: t, quiesce: {command: [pause], keep: [dba]}}
          - {id: d4, title: t, sql: "select 1", undo: {quiesce: {}}}
          - {id: d5, title: t, release: nothing}
          - {id: d6, title: t, release: b1}
          - {id: d7, title: t, fingerprint: {content: none, tables: [a.b]}}
          - {id: f2, title: t, rls: {with: b4, personas: [{name: a, role: r}, {name: b, role: r, sees: {t: {}}}]}}
          - id: f3
            title: t
            rls:
              expect: ["changed policies t: p"]
              personas: [{name: a, role: r, sees: {t: {only: "1); delete from t; select (1"}}, may: [{table: t}]}]
          - {id: f1, title: t, command: {run: [a], junit: ../x.xml}}
          - {id: d8, title: t, compare: {with: nothing, expect: [added thing]}}
          - {id: d9, title: t, compare: {with: b4}}
          - {id: f7, title: t, restore: {}}
          - {id: f8, title: t, restore: {of: b4, quiesced: false}}
          - {id: f8b, title: t, compare: {with: b1}}
          - {id: f8c, title: t, check: {consistency: {before: b4}}}
          - {id: f9, title: t, sql: "select 1", undo: {restore: b1}}
"""
GOOSE = "-- +goose Up\n-- +goose NO TRANSACTION\ncreate table a();\n-- +goose Down\ndrop table a;\n"
ELSEWHERE = {
    "down-part", "which-part", "verify-of-nothing", "release-of-nothing", "compare-with-nothing", "compare-with-none",
    "verify-one-means",
    "restore-one", "restore-released",
    "store-of-nothing", "batch-not-looked-at", "batch-not-there", "batch-published", "batch-triggers",
}  # fmt: skip
"""Keys of sentences that are no codes of findings, and what is found by asking a server."""


@pytest.fixture
def said(tmp_path: Path) -> dict[str, list[object]]:
    """What `check` says, by code."""
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    (tmp_path / "goose.sql").write_text(GOOSE)
    (tmp_path / "p.sql").write_text("select 1;\n")
    found: dict[str, list[object]] = {}
    for problem in load(tmp_path / "plan.yaml", KINDS).problems:
        found.setdefault(problem.code, []).append(problem.message)
    return found


def test_every_finding_is_said_in_both_languages_by_one_reading(said: dict[str, list[object]]) -> None:
    codes = {str(code) for kind in KINDS.values() for code in kind.texts if "-" in code} - ELSEWHERE
    assert codes <= set(said), "the plan above finds each of them"
    sentences = [message for code in codes for message in said[code]]
    spoken = {}
    for language in ("en", "pt_BR"):
        tui.locale.use(language)
        spoken[language] = [say(message) for message in sentences]  # type: ignore[arg-type]
    tui.locale.use("en")
    assert not [one for one in spoken["en"] if re.search(r"(?<!undo: )\{\w+\}", one)]
    assert not [one for one, other in zip(spoken["en"], spoken["pt_BR"], strict=True) if one == other]


def test_what_the_plan_wrote_is_inert(tmp_path: Path) -> None:
    bad = PLAN.replace("space: much", 'space: "mu\\e[31mch"')
    (tmp_path / "plan.yaml").write_text(bad, encoding="utf-8")
    (problem,) = (p for p in load(tmp_path / "plan.yaml", KINDS).problems if p.code == "backup-space")
    assert "\x1b" not in say(problem.message) and "x1b" in say(problem.message)
