from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.unit.steps.drive import ended, play
from tui.journal.codes import FailReason
from tui.plan.kinds import Kind
from tui.steps.archive import sums, toc
from tui.steps.archive.damage import begin, damage
from tui.steps.effects import Failed, HashPath, LoadArtifact, Passed, PathHash, RunChild
from tui.steps.verify_backup.spec import VerifyBackupSpec

A, B, C = (letter * 64 for letter in "abc")
LISTED = (("3340.dat.gz", A), ("3341.dat.gz", B), ("toc.dat", C))
CONTENTS = (
    "215; 1259 16385 TABLE public t ana\n3340; 0 16385 TABLE DATA public t ana\n3341; 0 1 TABLE DATA my s u ana\n"
)


def test_what_is_written_is_read_back() -> None:
    text = sums.written("R.dump.1", LISTED, beside=[("R.dump.1.globals.sql", A)])
    assert (
        text.splitlines()[0] == f"{A}  R.dump.1/3340.dat.gz" and text.splitlines()[-1] == f"{A}  R.dump.1.globals.sql"
    )
    assert sums.read(text, "R.dump.1") == LISTED
    assert sums.read(sums.written("R.dump", [("R.dump", A)]), "R.dump") == (("R.dump", A),)


def test_the_one_hash_is_that_of_the_lines_or_of_the_one_file() -> None:
    text = "".join(f"{digest}  {name}\n" for name, digest in LISTED)
    assert sums.whole("R", LISTED) == hashlib.sha256(text.encode()).hexdigest()
    assert sums.whole("R.dump", [("R.dump", A)]) == A


def test_what_differs() -> None:
    now = (("3340.dat.gz", C), ("new", A), ("toc.dat", C))
    other = sums.differing(LISTED, now)
    assert (other.changed, other.missing, other.added) == (("3340.dat.gz",), ("3341.dat.gz",), ("new",))
    assert other.names == ("3340.dat.gz", "3341.dat.gz")
    assert sums.differing(LISTED, LISTED) == sums.Differing()


@pytest.mark.parametrize(
    ("names", "known", "meant"),
    [
        (["3340.dat"], True, sums.Meant(tables=("public.t",))),
        (["3340.dat.zst", "3341.dat.lz4"], True, sums.Meant(tables=("my.s u", "public.t"))),
        (["blobs.toc"], True, sums.Meant(large_objects=True)),
        (["blob_16400.dat.gz", "blobs_12.toc"], True, sums.Meant(large_objects=True)),
        (["3340.dat", "toc.dat"], True, sums.Meant(tables=("public.t",), all=True)),
        (["9.dat"], True, sums.Meant(all=True)),
        (["3340.dat"], False, sums.Meant(all=True)),
    ],
)
def test_which_tables_are_meant(names: list[str], known: bool, meant: sums.Meant) -> None:
    assert sums.meant(names, toc.read(CONTENTS) if known else None) == meant


def looked(found: PathHash, recorded: dict[str, Any], lists: int = 0, beside: bool = False) -> Any:
    """What `damage` says, as a step would have it."""
    text = sums.written("R", LISTED)

    def execute(context: Any, spec: Any) -> Any:
        if beside:
            yield from begin(recorded)
        told = yield from damage(context, recorded)
        return (
            Passed(evidence=told.evidence)
            if told.reason is None
            else Failed(reason=told.reason, evidence=told.evidence)
        )

    def answer(effect: Any) -> Any:
        match effect:
            case HashPath():
                return None if effect.beside else found
            case RunChild():
                return ended(lists)
            case LoadArtifact():
                return text if effect.name == "dump.1.SHA256SUMS" else CONTENTS
        raise AssertionError(effect)

    return play(Kind(name="a", spec=VerifyBackupSpec, execute=execute), {"of": "x"}, answer, artifacts="/artifacts")


WHOLE = sums.whole("R", LISTED)
RECORDED = {"path": "/b/R", "sha256": WHOLE, "checksums": "dump.1.SHA256SUMS"}


def test_what_is_as_it_was_costs_no_program() -> None:
    done = looked(PathHash(bytes=9, sha256=WHOLE), RECORDED, beside=True)
    assert done.ended == Passed(evidence={"sha256": WHOLE, "bytes": 9})
    assert done.asked == [HashPath(path="/b/R", beside=True), HashPath(path="/b/R")]


def test_files_and_tables_are_named() -> None:
    done = looked(PathHash(sha256="other", listed=(("3340.dat.gz", C), *LISTED[1:])), RECORDED)
    assert done.ended.reason == FailReason.HASH_DIFFERS
    told = done.ended.evidence
    assert (told["damaged"], told["damaged_count"]) == (["3340.dat.gz"], 1)
    assert told["damaged_tables"] == ["public.t"] and "damaged_all" not in told


@pytest.mark.parametrize("change", [{"checksums": None}, {"sha256": "what others wrote over the list"}])
def test_a_list_that_is_not_there_or_that_the_journal_does_not_vouch_for_names_nothing(change: dict[str, Any]) -> None:
    done = looked(PathHash(sha256="other", listed=(("3340.dat.gz", C), *LISTED[1:])), RECORDED | change)
    assert done.ended.evidence["damaged_all"] is True and "damaged" not in done.ended.evidence


def test_contents_that_cannot_be_listed_may_be_any() -> None:
    done = looked(PathHash(sha256="other", listed=(("3340.dat.gz", C), *LISTED[1:])), RECORDED, lists=1)
    assert done.ended.evidence["damaged_all"] is True and done.ended.evidence["damaged"] == ["3340.dat.gz"]


def test_what_cannot_be_read_is_not_called_damaged() -> None:
    done = looked(PathHash(error="/b/R: Input/output error"), RECORDED)
    assert done.ended == Failed(reason=FailReason.BACKUP_UNREADABLE, evidence={"error": "/b/R: Input/output error"})
