"""Fingerprints as steps take, keep and find them again: each is a file of the run's artifacts, recorded with its hash.

A step that has taken one tells it in its evidence under `fingerprint`: `file`, `sha256`, `bytes`, `rows` (`hashes`,
`counts` or `none`), and `still`: which quiescence of the application it was taken in, "" where others may have written
at any moment; `moment` where it is of the snapshot that a backup is of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from typing import Any, Final

import msgspec

from tui.journal.codes import NotCompared
from tui.journal.events import FingerprintRecorded
from tui.steps.answers import again, ask
from tui.steps.context import Context
from tui.steps.difference import ROWS, Fingerprint, ignored
from tui.steps.effects import (
    Effect,
    Emit,
    FingerprintTaken,
    KeepArtifact,
    KeptArtifact,
    RunQuery,
    SqlError,
    TakeFingerprint,
)

TOLD: Final = "fingerprint"
NAMED: Final = 50
"""So many names become evidence; how many there are, as a number."""


def take(context: Context, effect: TakeFingerprint) -> Generator[Effect, Any, FingerprintTaken]:
    """Take it, and for a minute again as long as what keeps it from being taken may pass."""
    taken: FingerprintTaken = yield from again(context, effect, lambda found: found.error)
    return taken


def keep(
    context: Context, found: Fingerprint, rows: str = "none", still: str = "", name: str = TOLD
) -> Generator[Effect, Any, dict[str, Any]]:  # fmt: skip
    """Keep it as a file and record that -> what a step's evidence tells of it."""
    text = msgspec.json.format(msgspec.json.encode(found, order="deterministic"), indent=1).decode()
    data = text.encode()
    file = f"{name}.{context.step.id}.{context.attempt}.json"
    digest = hashlib.sha256(data).hexdigest()
    told = {"file": file, "sha256": digest, "bytes": len(data), "rows": rows, "still": still}
    yield KeepArtifact(name=file, text=text)
    objects = {family: len(of) for family, of in found["families"].items()}
    yield Emit(
        event=FingerprintRecorded(
            step=context.step.id, attempt=context.attempt, file=file, sha256=digest, bytes=len(data),
            objects=objects, tables=len(found["tables"]), rows=rows, still=still,
        )
    )  # fmt: skip
    return told


def kept(told: dict[str, Any]) -> Generator[Effect, Any, Fingerprint | None]:
    """The fingerprint that a step's evidence tells of; None where its file is not there or not what was recorded."""
    text: str | None = yield KeptArtifact(name=str(told.get("file", "")).rpartition("/")[2])
    if text is None or hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() != told.get("sha256"):
        return None
    found: Fingerprint = msgspec.json.decode(text)
    return found


def ask_all(
    context: Context, questions: dict[str, Any], within: float
) -> Generator[Effect, Any, tuple[dict[str, str | None], SqlError | None]]:  # fmt: skip
    """The first value of each question's first row, as the server prints it; the first error ends it."""
    values: dict[str, str | None] = {}
    for name, sql in questions.items():
        rows = yield from ask(context, RunQuery(sql=str(sql), role=context.step.as_, timeout=within, printed=True))
        if rows.error is not None:
            return values, rows.error
        values[name] = rows.rows[0][0] if rows.rows and rows.rows[0] else None
    return values, None


def without(found: Fingerprint, ignore: tuple[str, ...]) -> Fingerprint:
    """The fingerprint without what nobody wants compared."""
    if not ignore:
        return found
    families = {
        family: {name: text for name, text in of.items() if not ignored(family, name, ignore)}
        for family, of in found["families"].items()
    }
    tables = {name: facts for name, facts in found["tables"].items() if not ignored(ROWS, name, ignore)}
    return found | {"families": families, "tables": tables}


def not_read(found: Fingerprint) -> Iterable[dict[str, Any]]:
    """Tables whose rows were to be read and were not, and why."""
    for name, facts in sorted(found["tables"].items()):
        if "count" not in facts:
            why = NotCompared.TIME_OVER if facts.get("left_out") == "time" else NotCompared.NOT_READ
            yield {"table": name, "why": why} | ({"sqlstate": facts["error"]} if facts.get("error") else {})
