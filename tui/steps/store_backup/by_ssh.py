"""To another host: a stream of tar over ssh into a place of its own there, hashed there, and only then given its name.

What runs there is sh; its standard input is the stream, or the hashes. Nothing of it stays but the copy.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Generator
from typing import Any, Final
from urllib.parse import urlsplit

from tui.journal.codes import FailReason
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.effects import ChildDone, Effect, Failed, Passed, Piped, RunChild
from tui.steps.store_backup.whole import WholeBackup

_SSH: Final = (
    "ssh", "-T", "-a", "-x", "-o", "BatchMode=yes", "-o", "ConnectTimeout=8", "-o", "ServerAliveInterval=5",
    "-o", "ServerAliveCountMax=6", "-o", "LogLevel=ERROR", "-o", "ClearAllForwardings=yes",
)  # fmt: skip
_KEPT: Final = 1 << 16
_NAMED: Final = 50
_PREPARE: Final = """umask 077; mkdir -p {place} && cd {place} || exit 1
[ -e {base} ] && {{ echo virada-there; exit 0; }}
rm -rf {part} && mkdir {part} && echo virada-free $(df -Pk . | tail -n 1 | awk '{{print $4}}')"""
_TAKE: Final = """umask 077; cd {place}/{part} && tar -xf - && sync"""
# What was just written is read from the disk, as far as an account may ask for that.
_CHECK: Final = """cd {place}/{inside} || exit 1
find {tops} -type f -exec dd of={{}} oflag=nocache conv=notrunc,fdatasync count=0 \\; 2>/dev/null
if command -v sha256sum >/dev/null; then sha256sum -c --quiet -; else shasum -a 256 -c --quiet -; fi"""
_NAME: Final = (
    """cd {place} && for name in {tops}; do mv {part}/"$name" "$name" || exit 1; done && rmdir {part} && sync"""
)
_FREE: Final = re.compile(r"^virada-free (\d+)$", re.MULTILINE)
_THERE: Final = re.compile(r"^virada-there$", re.MULTILINE)
_BAD: Final = re.compile(r"^(.+): FAILED(?: open or read)?$", re.MULTILINE)


def place_of(text: str) -> tuple[str, str] | None:
    """Host, as ssh takes it, and directory; None where they are not both there."""
    if text.startswith("ssh://"):
        url = urlsplit(text)
        host, directory = f"ssh://{url.netloc}", url.path
    else:
        host, _colon, directory = text.partition(":")
    return None if not host or not directory or host.startswith("-") else (host, directory)


def stored(context: Context, whole: WholeBackup, ssh: str, list_path: str, limit: float | None) -> StepRun:
    """Carry it out. `list_path`: the file with the hashes."""
    known = place_of(ssh)
    assert known is not None
    host, directory = known
    quoted = {"place": shlex.quote(directory), "base": shlex.quote(whole.base)}
    quoted |= {"part": shlex.quote(f".{whole.base}.part"), "tops": " ".join(map(shlex.quote, whole.tops))}

    def there(script: str, piped: Piped | None = None, **more: str) -> Generator[Effect, Any, ChildDone]:
        text = script.format(**quoted, **more)
        done: ChildDone = yield RunChild(argv=(*_SSH, "--", host, text), timeout=limit, tail=_KEPT, piped=piped)
        return done

    evidence: dict[str, Any] = {"stored": f"{ssh.rstrip('/')}/{whole.base}", "bytes": whole.bytes}
    prepared = yield from there(_PREPARE)
    if prepared.status != 0:
        return _broken(prepared, evidence)
    existed = _THERE.search(prepared.tail) is not None
    if not existed:
        free = _FREE.search(prepared.tail)
        evidence["space"] = {"free_bytes": None if free is None else int(free[1]) * 1024, "need_bytes": whole.bytes}
        if free is not None and int(free[1]) * 1024 < whole.bytes:
            return Failed(reason=FailReason.NO_SPACE, evidence=evidence)
        sent = yield from there(_TAKE, Piped(before=(("tar", "-C", whole.directory, "-cf", "-", "--", *whole.tops),)))
        if sent.status != 0:
            return _broken(sent, evidence)
        evidence["seconds"] = sent.seconds
    checked = yield from there(_CHECK, Piped(source=list_path), inside="." if existed else quoted["part"])
    evidence |= {"files": len(whole.files), "existed": existed}
    bad = _BAD.findall(checked.tail)
    if bad:
        told = {"damaged": bad[:_NAMED], "damaged_count": len(bad), "damaged_at": "copy"}
        return Failed(reason=FailReason.HASH_DIFFERS, evidence=evidence | told)
    if checked.status != 0:
        return _broken(checked, evidence)
    if not existed:
        named = yield from there(_NAME)
        if named.status != 0:
            return _broken(named, evidence)
    return Passed(evidence=evidence)


def _broken(done: ChildDone, evidence: dict[str, Any]) -> Failed:
    """The other host, or the way to it, did not do its part."""
    failed = failed_child(done, evidence | child_evidence(done), "none")
    tail = str(failed.evidence.get("tail") or "")
    return Failed(reason=failed.reason, evidence=failed.evidence | ({"tail": tail[-2000:]} if tail else {}))
