from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import answers, codes, ended, lint, play, step
from tui.journal.codes import FailReason
from tui.steps import backup, sql
from tui.steps.collect import KIND
from tui.steps.effects import Failed, KeepOutput, OutputKept, Passed, RunChild, StoreArtifact

KEPT = OutputKept(bytes=9, sha256="ab")


def test_a_question_is_asked_in_a_transaction_that_only_reads() -> None:
    spec = {"query": "select 1 -- a comment;\n", "row_security": "on", "timeout": 3.0}
    done = play(KIND, spec, answers(None, ended(), KEPT), of=step("collect", spec, as_='a"b'), artifacts="/artifacts")
    (script,) = done.of(StoreArtifact)
    assert script.text.splitlines() == [
        "set client_min_messages to error;", "begin transaction read only;", "set local row_security to on;",
        'set local role "a""b";', "copy (", "select 1 -- a comment", ") to stdout with (format csv, header)", ";",
        "commit;",
    ]  # fmt: skip
    (child,) = done.of(RunChild)
    assert child.argv[0] == "psql" and child.argv[-1] == "--file=/artifacts/a.1.sql" and not child.authored
    assert child.timeout == 3.0 and done.of(KeepOutput) == [KeepOutput(name="a.1.csv", limit=64_000_000)]
    assert isinstance(done.ended, Passed)
    assert {"kept_as": "a.1.csv", "bytes": 9, "sha256": "ab"}.items() <= done.ended.evidence.items()


@pytest.mark.parametrize(
    ("status", "kept", "reason"),
    [
        (3, None, FailReason.EXIT_STATUS),
        (0, OutputKept(error="/a: No space left on device"), FailReason.NOT_KEPT),
        (0, OutputKept(bytes=5, sha256="ab", left_out=7), None),
    ],
)
def test_what_a_program_prints_is_kept(status: int, kept: OutputKept | None, reason: FailReason | None) -> None:
    done = play(KIND, {"command": ["x"], "name": "x.txt", "limit": "5B"}, answers(ended(status), kept))
    (child,) = done.of(RunChild)
    assert (child.argv, child.authored) == (("x",), True)
    assert (done.ended.reason if isinstance(done.ended, Failed) else None) == reason
    if reason is None:
        assert done.ended.evidence["left_out_bytes"] == 7 and done.ended.evidence["kept_as"] == "x.txt"


@pytest.mark.parametrize(
    ("recorded", "text", "fine"),
    [
        ({"checksums": "d.1.SHA256SUMS", "sha256": "cd"}, "list", True),
        ({"checksums": "d"}, None, False),
        ({}, None, False),
    ],
)
def test_the_hashes_of_a_backup(recorded: dict[str, Any], text: str | None, fine: bool) -> None:
    told = answers(*([text] if recorded else []), None)
    done = play(KIND, {"checksums_of": "d", "name": "SHA256SUMS"}, told, evidence={"d": recorded})
    assert isinstance(done.ended, Passed) is fine
    assert [one.text for one in done.of(StoreArtifact)] == (["list"] if fine else [])
    if not fine:
        assert done.ended == Failed(reason=FailReason.NO_BACKUP, evidence={"of": "d"})


def test_lint() -> None:
    kinds = {"d": backup.KIND, "x": sql.KIND}

    def found(**spec: Any) -> list[str]:
        return codes(lint(KIND, spec, kinds=kinds))

    assert found(query="select 1") == found(command=["x"], name="a.txt") == found(checksums_of="d") == []
    assert found() == found(query="select 1", command=["x"]) == ["collect-what"]
    assert found(command=["x"], name="../a") == found(command=["x"], name=".a") == ["collect-name"]
    assert found(command=["x"], limit="much") == ["collect-limit"]
    assert found(checksums_of="x") == found(checksums_of="none") == ["collect-of"]
    assert found(query="select 1) to stdout; commit; drop table t; copy (select 1")
