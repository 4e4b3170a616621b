"""A base backup of another program's, verified by that program's own means, or by one of the plan's.

Which backup it is the WAL tells: the first that begins behind where the server stood when the step began. No clock of
another host is believed, and where nobody knows where the server stood nothing passes.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from pathlib import PurePath
from typing import Any, Final

from tui.journal.codes import BackupProof, FailReason, Hindrance
from tui.journal.remarks import Coded
from tui.steps.answers import look
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.effects import ChildDone, Effect, Failed, Passed, Probe, RunChild
from tui.steps.repositories.asking import RepositoryAnswer, program, told
from tui.steps.repositories.spec import BarmanSpec, PgbackrestSpec
from tui.steps.verify_backup.spec import VerifyBackupSpec

Means = PgbackrestSpec | BarmanSpec | tuple[str, ...]
_SHOWN: Final = 2000
_BACKUP: Final = re.compile(r"backup: (\S+), status: ([^,\n]+), total files checked: (\d+), total valid files: (\d+)")
_WAL: Final = re.compile(r"archiveId: (\S+), total WAL checked: (\d+), total valid WAL: (\d+)(?:\n\s+missing: (\d+))?")
_NEVER: Final = (BackupProof.RESTORED,)
"""What none of them looks at: that it can be restored, and what is in it."""


def means_of(spec: VerifyBackupSpec, made_by: Iterable[str]) -> Means | None:
    """What verifies it: what the plan says, else what its own `command` tells of pgBackRest or Barman."""
    if spec.pgbackrest is not None or spec.barman is not None:
        return spec.pgbackrest or spec.barman
    return spec.command or _told_by(tuple(made_by))


def _told_by(argv: tuple[str, ...]) -> Means | None:
    for place, word in enumerate(argv):
        name = PurePath(word).name
        before, behind = argv[: place + 1], argv[place + 1 :]
        if name == "pgbackrest" and (stanza := _option(behind, "--stanza")) and "backup" in behind:
            repo = _option(behind, "--repo") or ""
            return PgbackrestSpec(
                stanza=stanza, config=_option(behind, "--config"), repo=int(repo) if repo.isdigit() else None,
                command=() if before == ("pgbackrest",) else before,
            )  # fmt: skip
        if name == "barman" and "backup" in behind:
            names = [one for one in behind[behind.index("backup") + 1 :] if not one.startswith("-")]
            config = _option(behind, "--config") or _option(behind, "-c")
            if len(names) == 1:
                return BarmanSpec(server=names[0], config=config, command=() if before == ("barman",) else before)
    return None


def _option(words: tuple[str, ...], name: str) -> str | None:
    for place, word in enumerate(words):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name:
            return words[place + 1] if place + 1 < len(words) else None
    return None


def verified(context: Context, spec: VerifyBackupSpec, recorded: Mapping[str, Any]) -> StepRun:
    """See the module."""
    means = means_of(spec, context.made_by(spec.of))
    evidence: dict[str, Any] = {"of": spec.of, "level": spec.level}
    if means is None:
        return Failed(reason=FailReason.NO_BACKUP, evidence=evidence)
    if isinstance(means, tuple):
        return (yield from _by_program(context, spec, means, evidence))
    begun = _number(recorded.get("begun_lsn"))
    if begun is None:
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence | _proof((), ()))
    identity = yield from look(context, Probe(name="identity"))
    system = identity.get("system_identifier")
    if system is None:
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence | _proof((), ()))
    limit = spec.timeout or context.step.timeout
    judge = _pgbackrest if isinstance(means, PgbackrestSpec) else _barman
    return (yield from judge(means, str(system), begun, spec.level, limit, evidence))  # type: ignore[arg-type]


def _by_program(context: Context, spec: VerifyBackupSpec, argv: tuple[str, ...], evidence: dict[str, Any]) -> StepRun:
    limit = spec.timeout or context.step.timeout
    done: ChildDone = yield RunChild(argv=argv, timeout=limit, authored=True, target=True)
    evidence = evidence | child_evidence(done)
    if done.status != 0:
        return failed_child(done, evidence, "none")
    # What it has looked at it alone knows.
    rest = (BackupProof.COMPLETE, BackupProof.SINCE_BEGUN, BackupProof.WAL_THERE, BackupProof.FILES_AS_WRITTEN)
    told_of = _proof((BackupProof.SAID_SO,), rest)
    return Passed(evidence=evidence | {"tail": done.tail[-_SHOWN:]} | told_of)


def _proof(found: Iterable[BackupProof], lacking: Iterable[BackupProof]) -> dict[str, Any]:
    return {"verified": list(found), "not_verified": [*lacking, *_NEVER]}


def _unanswered(answer: RepositoryAnswer, evidence: dict[str, Any], name: str) -> Failed:
    why = answer.why or Coded(Hindrance.REPOSITORY_UNREAD, program=name)
    return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence | {"error": why.neutral()})


def _pgbackrest(
    means: PgbackrestSpec, system: str, begun: int, level: str, limit: float | None, evidence: dict[str, Any]
) -> StepRun:
    one = () if means.repo is None else (f"--repo={means.repo}",)
    authored = bool(means.command)
    evidence = evidence | {"program": "pgbackrest"}
    answer = yield from program((*means.argv, *one, "info", "--output=json"), authored=authored, timeout=limit)
    known = told(answer.text)
    stanza = next((s for s in known or () if isinstance(s, dict) and s.get("name") == means.stanza), None)
    if answer.why is not None or stanza is None or (stanza.get("status") or {}).get("code") == 99:
        return _unanswered(answer, evidence, means.argv[0])
    systems = {(db.get("id"), db.get("repo-key")): str(db.get("system-id")) for db in stanza.get("db") or ()}

    def ours(backup: dict[str, Any]) -> bool:
        of = backup.get("database") or {}
        start = _number((backup.get("lsn") or {}).get("start"))
        whole = (backup.get("archive") or {}).get("stop") and (backup.get("timestamp") or {}).get("stop")
        return bool(whole) and systems.get((of.get("id"), of.get("repo-key"))) == system and (start or -1) >= begun

    found = [backup for backup in stanza.get("backup") or () if ours(backup)]
    backup = min(found, key=lambda each: _number(each["lsn"]["start"]) or 0, default=None)
    if backup is None:
        return Failed(reason=FailReason.NO_BACKUP, evidence=evidence)
    label = str(backup["label"])
    info = backup.get("info") or {}
    evidence |= {"backup": label, "bytes": info.get("size"), "lsn": backup["lsn"]["start"]}
    proved = (BackupProof.COMPLETE, BackupProof.SINCE_BEGUN)
    if backup.get("error"):
        lacking = (BackupProof.WAL_THERE, BackupProof.FILES_AS_WRITTEN)
        return Failed(reason=FailReason.BACKUP_INVALID, evidence=evidence | _proof(proved, lacking))
    if level == "list":
        return Passed(evidence=evidence | _proof(proved, (BackupProof.WAL_THERE, BackupProof.FILES_AS_WRITTEN)))
    repo = f"--repo={(backup['database'] or {}).get('repo-key', 1)}"
    words = (*means.argv, repo, "--output=text", "--verbose", "verify")
    answer = yield from program(words, authored=authored, timeout=limit)
    if answer.why is not None:
        return _unanswered(answer, evidence, means.argv[0])
    chain = {label, *(backup.get("reference") or ()), *((backup["prior"],) if backup.get("prior") else ())}
    read = {of: (status.strip(), int(files), int(good)) for of, status, files, good in _BACKUP.findall(answer.text)}
    wal = [(int(files), int(good), int(gone or 0)) for _id, files, good, gone in _WAL.findall(answer.text)]
    if not chain <= read.keys() or not wal:
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence | {"tail": answer.text[-_SHOWN:]})
    files = all(status == "valid" and count == good and count for status, count, good in (read[of] for of in chain))
    there = all(count == good and not gone for count, good, gone in wal) and any(count for count, _good, _gone in wal)
    evidence |= {"files": sum(read[of][1] for of in chain), "chain": sorted(chain)}
    return _judged(proved, files, there, evidence, answer.text)


def _judged(
    proved: tuple[BackupProof, ...], files: bool, wal: bool, evidence: dict[str, Any], text: str
) -> Passed | Failed:
    parts = ((BackupProof.FILES_AS_WRITTEN, files), (BackupProof.WAL_THERE, wal))
    told_of = _proof((*proved, *(of for of, holds in parts if holds)), (of for of, holds in parts if not holds))
    if files and wal:
        return Passed(evidence=evidence | told_of)
    return Failed(reason=FailReason.BACKUP_INVALID, evidence=evidence | told_of | {"tail": text[-_SHOWN:]})


def _barman(
    means: BarmanSpec, system: str, begun: int, level: str, limit: float | None, evidence: dict[str, Any]
) -> StepRun:
    evidence = evidence | {"program": "barman"}

    def asked(*words: str) -> Generator[Effect, Any, RepositoryAnswer]:
        return program((*means.argv, *words), authored=bool(means.command), timeout=limit)

    server = yield from asked("-f", "json", "show-server", means.server)
    theirs = ((told(server.text) or {}).get(means.server) or {}).get("postgres_systemid")
    listing = yield from asked("-f", "json", "list-backups", means.server)
    known = (told(listing.text) or {}).get(means.server)
    for answer, wrong in ((server, theirs is None), (listing, not isinstance(known, list))):
        if answer.why is not None or wrong:
            return _unanswered(answer, evidence, means.argv[0])
    found: list[tuple[int, str, dict[str, Any]]] = []
    for each in list(known or ()) if str(theirs) == system else []:
        if each.get("status") != "DONE":
            continue
        label = str(each["backup_id"])
        shown = yield from asked("-f", "json", "show-backup", means.server, label)
        about = ((told(shown.text) or {}).get(means.server) or {}).get("base_backup_information")
        if shown.why is not None or about is None:
            return _unanswered(shown, evidence, means.argv[0])
        start = _number(about.get("begin_lsn"))
        if start is not None and start >= begun:
            found.append((start, label, about))
        else:
            # They come with the latest first.
            break
    if not found:
        return Failed(reason=FailReason.NO_BACKUP, evidence=evidence)
    _start, label, about = min(found, key=lambda each: each[0])
    evidence |= {"backup": label, "bytes": about.get("disk_usage_bytes"), "lsn": about.get("begin_lsn")}
    proved = (BackupProof.COMPLETE, BackupProof.SINCE_BEGUN)
    checked = yield from asked("check-backup", means.server, label)
    # Where a file of WAL is gone it ends with 0 all the same, and the backup is FAILED from then on.
    again = yield from asked("-f", "json", "show-backup", means.server, label)
    state = (told(again.text) or {}).get(means.server) or {}
    for answer, wrong in ((checked, checked.ended is None), (again, again.why is not None or "status" not in state)):
        if wrong:
            return _unanswered(answer, evidence, means.argv[0])
    whole = checked.ended == 0 and state["status"] == "DONE"
    if level == "list" or not whole:
        lacking = () if whole else (BackupProof.WAL_THERE,)
        there = () if lacking else (BackupProof.WAL_THERE,)
        evidence |= _proof((*proved, *there), (*lacking, BackupProof.FILES_AS_WRITTEN))
        if lacking:
            said = str(state.get("error") or checked.text)
            return Failed(reason=FailReason.BACKUP_INVALID, evidence=evidence | {"tail": said[-_SHOWN:]})
        return Passed(evidence=evidence)
    # It looks at WAL alone, and says of a damaged file nothing.
    read = yield from asked("verify-backup", means.server, label)
    if read.ended == 0:
        return _judged(proved, True, True, evidence, read.text)
    if read.ended is None or "verify backup failure" not in read.text:
        evidence |= _proof((*proved, BackupProof.WAL_THERE), (BackupProof.FILES_AS_WRITTEN,))
        return _unanswered(read, evidence, means.argv[0])
    return _judged(proved, False, True, evidence, read.text)


def _number(lsn: Any) -> int | None:
    """A place in the WAL as a number."""
    high, slash, low = str(lsn or "").partition("/")
    try:
        return (int(high, 16) << 32) + int(low, 16) if slash else None
    except ValueError:
        return None
