from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tests.unit.steps.drive import BROKEN, Played, codes, ended, lint, play
from tui.journal.codes import FailReason, LeftOut
from tui.steps import backup, sql
from tui.steps.effects import (
    ChildDone,
    Effect,
    Failed,
    HashPath,
    LoadArtifact,
    Maintain,
    Passed,
    PathHash,
    Probe,
    Rows,
    RunChild,
    RunQuery,
    SqlError,
    StoreArtifact,
)
from tui.steps.repositories.spec import BarmanSpec, PgbackrestSpec
from tui.steps.verify_backup import KIND
from tui.steps.verify_backup.by_tool import means_of
from tui.steps.verify_backup.spec import VerifyBackupSpec

RECORDED = {"backup": {"path": "/b/x.dump", "sha256": "cd"}}
FINE = PathHash(bytes=1000, files=1, sha256="cd")
OURS = Rows(rows=(("virada trial restore",),), count=1)
DENIED = SqlError(sqlstate="42501", message="permission denied")
LIKE = {"datcollate": "C", "datctype": "C", "datlocprovider": "c"}
CONTENTS = """
;     TOC Entries: 3
215; 1259 16385 TABLE public t postgres
3340; 0 16385 TABLE DATA public t postgres
;	depends on: 215
7; 6100 16400 SUBSCRIPTION - sub postgres
"""


class Host:
    """Answers by what is asked: programs by name and first argument, statements of our own by their first word, and
    everything else by its kind."""

    def __init__(
        self, *, hashed: PathHash = FINE, exists: Rows | None = None, superuser: bool = True,
        counted: Rows | None = None, contents: str = CONTENTS, majors: tuple[int, int] = (15, 15),
        mended: dict[str, SqlError] | None = None, source: Rows | None = None, **programs: ChildDone,
    ) -> None:  # fmt: skip
        self.hashed = hashed
        self.exists = exists or Rows()
        self.superuser = superuser
        self.counted = counted or Rows(rows=(("16", 1234),), count=1)
        self.contents = contents
        self.majors = majors
        self.mended = mended or {}
        self.source = source
        self.programs = programs

    def __call__(self, effect: Effect) -> Any:
        match effect:
            case HashPath():
                return self.hashed
            case RunChild(argv=argv):
                return self.programs.get(self.name(argv), ended(0))
            case Maintain(statements=statements):
                errors = [self.mended.get(statement.split(" ")[0]) for statement in statements]
                failed = next((n for n, error in enumerate(errors) if error is not None), len(errors))
                return tuple(errors[: failed + 1] if effect.first_error else errors)
            case LoadArtifact():
                return self.contents
            case StoreArtifact():
                return None
            case Probe(name="tools"):
                program, server = self.majors
                return {"found": {"pg_restore": {"major": program}}, "server_major": server}
            case Probe():
                return {"bytes": 5000}
            case RunQuery():
                return self.answered(effect)
        raise AssertionError(effect)

    def answered(self, asked: RunQuery) -> Rows:
        if "pg_db_role_setting" in asked.sql:
            settings = [[None, ["app.kind=x"]]]
            row = (self.superuser, "UTF8", json.dumps(LIKE), json.dumps(settings))
            return Rows(rows=(row,), count=1)
        if "shobj_description" in asked.sql:
            return self.exists
        if asked.scratch_database is None:
            if "count(*)" in asked.sql:
                return self.source or Rows(rows=(("16385", 1234),), count=1)
            return Rows(rows=(("16385", "public", "t"),), count=1)
        if "c.oid > '0'" in asked.sql:
            return Rows(rows=(("16", "public", "t", False),), count=1)
        return Rows() if "c.oid >" in asked.sql else self.counted

    @staticmethod
    def name(argv: tuple[str, ...]) -> str:
        if "--list" in argv:
            return "contents" if "--verbose" in argv else "list"
        return "decode" if "--file=/dev/null" in argv else "restore"


def verify(level: str, host: Host, horizon: str | None = None, **more: Any) -> Played:
    recorded = {"backup": RECORDED["backup"] | ({} if horizon is None else {"horizon": horizon})}
    return play(KIND, {"of": "backup", "level": level} | more, host, evidence=recorded, artifacts="/artifacts")


def programs(played: Played) -> list[str]:
    """Programs and statements of our own, in their order."""
    return [
        Host.name(effect.argv) if isinstance(effect, RunChild) else effect.statements[0].split(" ")[0]
        for effect in played.asked
        if isinstance(effect, RunChild | Maintain)
    ]


def restoring(played: Played) -> list[str]:
    """The arguments of the restore."""
    (child,) = [effect for effect in played.of(RunChild) if Host.name(effect.argv) == "restore"]
    return list(child.argv)


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
        ("restore", ["list", "decode", "contents", "create", "alter", "restore", "drop"]),
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
    assert {"tables": 1, "rows": 1234, "scratch_dropped": True, "database_bytes": 5000}.items() <= evidence.items()
    assert "counts" not in evidence and evidence["not_compared"] == "no_horizon"
    create, alter, drop = [effect.statements for effect in done.of(Maintain)]
    assert create == (
        "create database \"scratch\" template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C' "
        "locale_provider libc",
        "comment on database \"scratch\" is 'virada trial restore'",
    )
    assert alter == ('alter database "scratch" set "app"."kind" to \'x\'',)
    assert drop == ('drop database if exists "scratch" with (force)',)
    assert restoring(done) == [
        "pg_restore", "--no-password", "--dbname=scratch", "--exit-on-error", "--jobs=3",
        "--use-list=/artifacts/a.1.list", "/b/x.dump",
    ]  # fmt: skip
    (stored,) = done.of(StoreArtifact)
    assert stored.text == "215;\n3340;\n", "a subscription would begin to work on its publisher"
    assert evidence["left_out"] == [{"kind": "SUBSCRIPTION", "name": "sub", "why": LeftOut.WOULD_ACT_ELSEWHERE}]
    # The question whether it is there, and what its source is like, are of the target's own database.
    assert {asked.scratch_database for asked in done.of(RunQuery)} == {None, "scratch"}


@pytest.mark.parametrize("superuser", [True, False])
def test_options_have_a_default_that_the_role_decides(superuser: bool) -> None:
    flags = {"--no-owner", "--no-privileges", "--no-tablespaces"}
    assert (flags & set(restoring(verify("restore", Host(superuser=superuser))))) == (set() if superuser else flags)
    told: dict[str, Any] = {"no_owner": superuser, "no_privileges": superuser, "no_tablespaces": superuser}
    assert (flags & set(restoring(verify("restore", Host(superuser=superuser), **told)))) == (
        flags if superuser else set()
    )


@pytest.mark.parametrize(
    ("majors", "tail", "reason"),
    [
        ((18, 16), "pg_restore: error: could not execute query: E\nCommand was: SET transaction_timeout = 0;\n", None),
        (
            (16, 16),
            "pg_restore: error: could not execute query: E\nCommand was: SET transaction_timeout = 0;\n",
            "failed",
        ),
        ((18, 16), "pg_restore: error: could not execute query: E\nCommand was: SET other = 0;\n", "failed"),
        ((18, 16), "killed", "failed"),
        (
            (18, 16),
            "pg_restore: error: E\nCommand was: SET transaction_timeout = 0;\npg_restore: error: COPY failed for t",
            "failed",
        ),
    ],
)
def test_a_setting_that_older_servers_do_not_know_is_no_failure(
    majors: tuple[int, int], tail: str, reason: str | None
) -> None:
    done = verify("restore", Host(majors=majors, restore=msgspec.structs.replace(ended(1), tail=tail)))
    assert ("--exit-on-error" in restoring(done)) is (majors[0] < 17)
    assert isinstance(done.ended, Failed) is (reason is not None)


@pytest.mark.parametrize(
    ("horizon", "source", "reason"),
    [
        ("700", 1234, None),
        ("700", 1235, "rows_missing"),
        (None, 9999, None),
        ("7; drop table t", 9999, None),
    ],
)
def test_rows_are_held_against_those_that_the_source_still_has(
    horizon: str | None, source: int, reason: str | None
) -> None:
    done = verify("restore", Host(source=Rows(rows=(("16385", source),), count=1)), horizon)
    if reason is None:
        assert isinstance(done.ended, Passed)
    else:
        assert isinstance(done.ended, Failed) and done.ended.reason == reason
        assert done.ended.evidence["rows_missing"] == [{"table": "public.t", "rows": 1234, "at_least": source}]
    assert ("compared" in done.ended.evidence) is (horizon == "700")
    assert programs(done)[-1] == "drop"
    if horizon == "700":
        assert not verify("restore", Host(), horizon, compare=False).ended.evidence.get("compared")


def test_a_source_that_cannot_be_asked_is_named() -> None:
    done = verify("restore", Host(source=Rows(error=DENIED)), "700")
    assert isinstance(done.ended, Passed) and done.ended.evidence["not_compared"] == "42501"


def test_what_an_interrupted_trial_left_is_dropped_first() -> None:
    done = verify("restore", Host(exists=OURS))
    assert programs(done) == ["list", "decode", "drop", "contents", "create", "alter", "restore", "drop"]
    assert isinstance(done.ended, Passed)


@pytest.mark.parametrize("comment", ["", "production"])
def test_a_database_of_somebody_elses_is_never_touched(comment: str) -> None:
    done = verify("restore", Host(exists=Rows(rows=((comment,),), count=1)), database="app")
    assert isinstance(done.ended, Failed)
    assert (done.ended.reason, done.ended.evidence["database"]) == ("scratch_exists", "app")
    assert programs(done) == ["list", "decode"]


def test_its_name_is_quoted() -> None:
    done = verify("restore", Host(), database="o'b=r")
    assert any("datname = 'o''b=r'" in asked.sql for asked in done.of(RunQuery))
    assert "--dbname=dbname='o\\'b=r'" in restoring(done)


@pytest.mark.parametrize(
    ("host", "reason", "last"),
    [
        (Host(exists=Rows(error=BROKEN)), "sql_error", "decode"),
        (Host(exists=OURS, mended={"drop": BROKEN}), "scratch_exists", "drop"),
        (Host(contents=""), None, "drop"),
        (Host(mended={"create": BROKEN}), "scratch_failed", "create"),
        (Host(mended={"create": DENIED}), "scratch_forbidden", "create"),
        (Host(mended={"comment": BROKEN}), "scratch_failed", "drop"),
        (Host(restore=ended(1)), "restore_failed", "drop"),
        (Host(restore=msgspec.structs.replace(ended(1), tail="Command was: grant x;"), mended={"grant": DENIED}),
         "restore_forbidden", "drop"),
        (Host(restore=msgspec.structs.replace(ended(1), tail="Command was: grant x;"), mended={"grant": BROKEN}),
         "restore_failed", "drop"),
        (Host(counted=Rows(error=BROKEN)), "sql_error", "drop"),
    ],
)  # fmt: skip
def test_what_goes_wrong_in_the_trial(host: Host, reason: str | None, last: str) -> None:
    done = verify("restore", host)
    assert done.ended.effect == "none"
    assert (done.ended.reason if isinstance(done.ended, Failed) else None) == reason
    assert programs(done)[-1] == last, "the scratch database is dropped whatever came of it"


@pytest.mark.unsaid(LeftOut.SETTING_REFUSED)
@pytest.mark.parametrize(
    ("error", "why"), [(None, None), (DENIED, LeftOut.NEEDS_SUPERUSER), (BROKEN, LeftOut.SETTING_REFUSED)]
)
def test_a_setting_that_is_refused_is_named(error: SqlError | None, why: LeftOut | None) -> None:
    done = verify("restore", Host(mended={} if error is None else {"alter": error}))
    assert isinstance(done.ended, Passed)
    found = [one["why"] for one in done.ended.evidence["left_out"] if one["kind"] == "SETTING"]
    assert found == ([] if why is None else [why])


def test_a_scratch_database_that_stays_is_told() -> None:
    done = verify("restore", Host(mended={"drop": BROKEN}))
    assert isinstance(done.ended, Passed)
    assert done.ended.evidence["scratch_dropped"] is False


def test_lint() -> None:
    assert lint(KIND, {"of": "backup"}, kinds={"backup": backup.KIND}) == []
    assert codes(lint(KIND, {"of": "x"}, kinds={"x": sql.KIND})) == ["verify-of"]
    assert codes(lint(KIND, {"of": "gone"})) == ["verify-of"]
    part = {"of": "backup", "schemas": ["app"]}
    assert codes(lint(KIND, part, kinds={"backup": backup.KIND})) == ["verify-level"]
    assert lint(KIND, part | {"level": "restore"}, kinds={"backup": backup.KIND}) == []


def test_what_it_is() -> None:
    assert (KIND.short, KIND.changes, KIND.fence, KIND.repeat) == ("of", False, "child", "always")
    assert KIND.facts is not None
    assert KIND.facts({"level": "list", "bytes": 1, "tail": "x"}) == [("level", "list"), ("bytes", 1)]


MADE: Any = {
    "dump": (backup.KIND, {"command": ["x.sh"]}),
    "known": (backup.KIND, {"command": ["pgbackrest", "--stanza=a", "backup"]}),
}


@pytest.mark.parametrize(
    ("spec", "codes_"),
    [
        ({"of": "dump"}, ["verify-means"]),
        ({"of": "known"}, []),
        ({"of": "dump", "command": ["y.sh"]}, []),
        ({"of": "dump", "pgbackrest": {"stanza": "a"}, "barman": {"server": "a"}}, ["verify-means"]),
        ({"of": "known", "level": "restore"}, ["verify-no-level"]),
        ({"of": "known", "jobs": 2}, ["verify-of-program"]),
    ],
)
def test_what_a_program_made_has_a_means(spec: dict[str, Any], codes_: list[str]) -> None:
    assert codes(lint(KIND, spec, earlier=MADE)) == codes_


def test_what_pg_dump_made_is_no_matter_of_theirs() -> None:
    dumped: Any = {"dump": (backup.KIND, {"directory": "/b"})}
    assert codes(lint(KIND, {"of": "dump", "command": ["y.sh"]}, earlier=dumped)) == ["verify-tool"]


@pytest.mark.parametrize(
    ("argv", "means"),
    [
        (["pgbackrest", "--stanza=a", "--repo=2", "backup"], PgbackrestSpec(stanza="a", repo=2)),
        (["sudo", "-n", "/usr/bin/pgbackrest", "--stanza", "a", "--config=/c", "--type=full", "backup"],
         PgbackrestSpec(stanza="a", config="/c", command=("sudo", "-n", "/usr/bin/pgbackrest"))),
        (["pgbackrest", "--stanza=a", "info"], None),
        (["pgbackrest", "backup"], None),
        (["barman", "-c", "/c", "backup", "--wait", "main"], BarmanSpec(server="main", config="/c")),
        (["barman", "backup", "a", "b"], None),
        (["x.sh"], None),
    ],
)  # fmt: skip
def test_what_verifies_it_is_told_by_what_made_it(argv: list[str], means: Any) -> None:
    assert means_of(VerifyBackupSpec(of="dump"), argv) == means
