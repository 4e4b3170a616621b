"""A plan with twenty different mistakes is refused with twenty errors, each at its own line."""

from __future__ import annotations

from .desk import Desk

# Each mistake is announced by the comment at the end of its line: the code of the one error expected there.
MISTAKEN = """\
virada: 2                                                     # unknown-format
name: Cutover
locle: en                                                     # unknown-key
targets:
  staging:
    environment: stagin                                       # bad-value
    dsn: "postgresql://app:hunter2@db1/app"                   # secret-in-plan
  production:
    environment: production
    service: app-prod
    environment: staging                                      # duplicate-key
    window:
      opens: "2026-12-05T22:00"
      timezone: America/Atlantis                              # unknown-timezone
      duration: 45                                            # bad-duration
team:
  - {role: DBA, name: Ana}
success:
  - {metric: cpu_load, below: 70%}                            # unknown-metric
  - {metric: cpu, below: 70%, above: 10%}                     # one-of
  - {metric: memory, below: eighty}                           # bad-quantity
phases:
  - title: Execution
    sections:
      - title: Migration
        parallel: yes                                         # wrong-type
        steps:
          - id: Dump It                                       # bad-id
            title: Back up
            command: [pg_dump]
          - id: migrate
            title: Migrate
            role: Admin                                       # unknown-role
            milestone: 10m                                    # bad-offset
            needs: [bakup]                                    # unknown-step
            sql: {file: migrations.sql}                       # missing-file
            prove: {query: select 1, equals: 1}
            undo: {sql: {file: ../rollback.sql}}              # file-outside
          - id: migrate                                       # duplicate-id
            title: Migrate again
            sign: true
          - title: Without an id                              # missing-key
            sign: true
          - id: both
            title: Two kinds
            sign: true
            monitor: {log: server}                            # one-kind
"""


def test_twenty_mistakes_are_twenty_errors_at_their_lines(desk: Desk) -> None:
    lines = enumerate(MISTAKEN.splitlines(), 1)
    expected = [(number, line.partition("#")[2].strip()) for number, line in lines if "#" in line]
    assert len(expected) == 20
    assert len({code for _line, code in expected}) == 20
    loaded = desk.load(MISTAKEN)
    assert [(problem.line, problem.code) for problem in loaded.errors] == expected
    assert loaded.plan is None
    for problem in loaded.problems:
        assert str(problem).startswith(f"{desk.plan}:{problem.line}:{problem.column}: ")


def test_each_stands_at_its_own_key_or_value(desk: Desk) -> None:
    """The column points at the beginning of a word, not somewhere into the line."""
    lines = MISTAKEN.splitlines()
    for problem in desk.load(MISTAKEN).errors:
        text = lines[problem.line - 1]
        assert text[problem.column - 1] != " " and (problem.column == 1 or text[problem.column - 2] in ' "{[')
