from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import BROKEN, Played, codes, ended, lint, play
from tui.journal.codes import FailReason
from tui.steps.effects import ChildDone, Effect, Failed, HashPath, Passed, PathHash, Probe, Rows, RunChild, RunQuery
from tui.steps.verify_backup import KIND

RECORDED = {"backup": {"path": "/b/x.dump", "sha256": "cd"}}
FINE = PathHash(bytes=1000, files=1, sha256="cd")
SOME = Rows(rows=((3, "77", "select count(*) from a union all ..."),), count=1)
COUNTED = Rows(rows=((1234,),), count=1)
OURS = Rows(rows=(("virada trial restore",),), count=1)


class Host:
    """Answers by what is asked: programs by name and first argument, everything else by its kind."""

    def __init__(
        self, *, hashed: PathHash = FINE, exists: Rows | None = None, counted: Rows = COUNTED, **programs: ChildDone
    ) -> None:
        self.hashed = hashed
        self.exists = exists or Rows()
        self.counted = counted
        self.programs = programs

    def __call__(self, effect: Effect) -> Any:
        match effect:
            case HashPath():
                return self.hashed
            case RunChild(argv=argv):
                return self.programs.get(self.name(argv), ended(0))
            case RunQuery(scratch_database=None):
                return self.exists
            case RunQuery(sql=sql) if "c.oid > '0'" in sql:
                return SOME
            case RunQuery(sql=sql) if "c.oid > '77'" in sql:
                return Rows(rows=((0, None, None),), count=1)
            case RunQuery():
                return self.counted
            case Probe():
                return {"bytes": 5000}
        raise AssertionError(effect)

    @staticmethod
    def name(argv: tuple[str, ...]) -> str:
        if argv[0] != "pg_restore":
            return argv[0]
        if "--list" in argv:
            return "list"
        return "decode" if "--file=/dev/null" in argv else "restore"


def verify(level: str, host: Host, **more: Any) -> Played:
    return play(KIND, {"of": "backup", "level": level} | more, host, evidence=RECORDED)


def programs(played: Played) -> list[str]:
    return [Host.name(effect.argv) for effect in played.of(RunChild)]


@pytest.mark.parametrize("evidence", [{}, {"backup": {}}, {"backup": {"path": "/b"}}, {"other": RECORDED["backup"]}])
def test_without_a_recorded_backup_there_is_nothing_to_verify(evidence: dict[str, Any]) -> None:
    done = play(KIND, {"of": "backup"}, Host(), evidence=evidence)
    assert done.ended == Failed(reason=FailReason.NO_BACKUP, evidence={"of": "backup"})
    assert done.asked == []


def test_a_hash_that_differs_is_refused_before_anything_reads_it() -> None:
    done = verify("restore", Host(hashed=PathHash(bytes=999, sha256="ee")))
    assert isinstance(done.ended, Failed)
    assert (done.ended.reason, done.ended.evidence["recorded"], done.ended.evidence["sha256"]) == (
        "hash_differs", "cd", "ee",
    )  # fmt: skip
    assert programs(done) == []


def test_what_cannot_be_read_is_no_backup() -> None:
    done = verify("list", Host(hashed=PathHash(error="gone")))
    assert isinstance(done.ended, Failed) and done.ended.reason == "backup_unreadable"
    assert done.ended.evidence["error"] == "gone"


@pytest.mark.parametrize(
    ("level", "run"),
    [
        ("list", ["list"]),
        ("decode", ["list", "decode"]),
        ("restore", ["list", "decode", "createdb", "restore", "dropdb"]),
    ],
)
def test_each_level_includes_the_ones_before(level: str, run: list[str]) -> None:
    done = verify(level, Host())
    assert programs(done) == run
    assert isinstance(done.ended, Passed)
    assert done.ended.evidence["level"] == level
    assert all(child.target and not child.changes for child in done.of(RunChild))


def test_it_decodes_unless_told_otherwise() -> None:
    done = play(KIND, {"of": "backup"}, Host(), evidence=RECORDED)
    assert programs(done) == ["list", "decode"]


@pytest.mark.parametrize(("program", "reason"), [("list", "list_failed"), ("decode", "decode_failed")])
def test_an_archive_that_cannot_be_read_to_its_end(program: str, reason: str) -> None:
    done = verify("restore", Host(list=ended(1)) if program == "list" else Host(decode=ended(1)))
    assert isinstance(done.ended, Failed) and done.ended.reason == reason
    assert done.ended.evidence["tail"] == "the end"


def test_a_trial_restore_counts_what_arrived_and_leaves_nothing() -> None:
    done = verify("restore", Host(), jobs=3, database="scratch")
    evidence = done.ended.evidence
    assert {"tables": 3, "rows": 1234, "scratch_dropped": True, "database_bytes": 5000}.items() <= evidence.items()
    create, restore, drop = done.of(RunChild)[2:]
    assert create.argv == ("createdb", "--no-password", "--template=template0", "scratch", "virada trial restore")
    assert restore.argv == (
        "pg_restore", "--no-password", "--exit-on-error", "--dbname=scratch", "--jobs=3", "/b/x.dump",
    )  # fmt: skip
    assert drop.argv == ("dropdb", "--no-password", "--if-exists", "scratch")
    assert {asked.scratch_database for asked in done.of(RunQuery)[1:]} == {"scratch"}


def test_what_an_interrupted_trial_left_is_dropped_first() -> None:
    done = verify("restore", Host(exists=OURS))
    assert programs(done) == ["list", "decode", "dropdb", "createdb", "restore", "dropdb"]
    assert isinstance(done.ended, Passed)


@pytest.mark.parametrize("comment", ["", "production"])
def test_a_database_of_somebody_elses_is_never_touched(comment: str) -> None:
    done = verify("restore", Host(exists=Rows(rows=((comment,),), count=1)), database="app")
    assert isinstance(done.ended, Failed)
    assert (done.ended.reason, done.ended.evidence["database"]) == ("scratch_exists", "app")
    assert programs(done) == ["list", "decode"]


def test_its_name_is_quoted() -> None:
    done = verify("restore", Host(), database="o'brien")
    assert "datname = 'o''brien'" in done.of(RunQuery)[0].sql


@pytest.mark.parametrize(
    ("host", "reason", "last"),
    [
        (Host(exists=Rows(error=BROKEN)), "sql_error", "decode"),
        (Host(createdb=ended(1)), "scratch_failed", "createdb"),
        (Host(restore=ended(1)), "restore_failed", "dropdb"),
        (Host(restore=ended(1), counted=Rows(error=BROKEN)), "restore_failed", "dropdb"),
        (Host(counted=Rows(error=BROKEN)), "sql_error", "dropdb"),
    ],
)
def test_what_goes_wrong_in_the_trial(host: Host, reason: str, last: str) -> None:
    done = verify("restore", host)
    assert isinstance(done.ended, Failed)
    assert done.ended.reason == reason
    assert done.ended.effect == "none"
    assert programs(done)[-1] == last, "the scratch database is dropped whatever came of it"


def test_a_scratch_database_that_stays_is_told() -> None:
    done = verify("restore", Host(dropdb=ended(1)))
    assert isinstance(done.ended, Passed)
    assert done.ended.evidence["scratch_dropped"] is False


def test_lint() -> None:
    assert lint(KIND, {"of": "backup"}, kinds={"backup": "backup"}) == []
    assert codes(lint(KIND, {"of": "x"}, kinds={"x": "sql"})) == ["verify-of"]
    assert codes(lint(KIND, {"of": "gone"})) == ["verify-of"]


def test_what_it_is() -> None:
    assert (KIND.short, KIND.changes, KIND.fence, KIND.repeat) == ("of", False, "child", "always")
    assert KIND.facts is not None
    assert KIND.facts({"level": "list", "bytes": 1, "tail": "x"}) == [("level", "list"), ("bytes", "1")]
