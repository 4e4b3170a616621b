"""How a dump is written: its format, who compresses it and how, what encrypts it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from tui.steps.backup.spec import BackupSpec

_MOST_JOBS: Final = 4
"""Of connections that a backup takes of itself."""
_FEW: Final = 2
_FAST, _SMALL = 1, 9


class Method(Struct, frozen=True, kw_only=True):
    """`compress` is an option's value of pg_dump's; `packed`: the program that compresses what pg_dump prints, by which
    it is also read; `behind`: that one and what encrypts, as arguments; `suffix` of the name."""

    format: str
    compress: str
    jobs: int = 1
    packed: str = ""
    behind: tuple[tuple[str, ...], ...] = ()
    suffix: str = ""

    def facts(self) -> dict[str, Any]:
        """As evidence."""
        by = {"packed": self.packed} if self.packed else {}
        return {"format": self.format, "compress": self.compress, "jobs": self.jobs} | by


def asks(spec: BackupSpec) -> bool:
    """Whether what is installed here decides."""
    return spec.prefer is not None


def chosen(spec: BackupSpec, here: Mapping[str, Any]) -> Method:
    """`here`: whether pg_dump was built with `zstd` (asked of it, not of its version), the `programs` there are, and
    how many `cpus`."""
    encrypted = (spec.encrypt,) if spec.encrypt else ()
    end = ".encrypted" if spec.encrypt else ""
    if spec.prefer is None:
        suffix = (".dump" if spec.format == "custom" else "") + end
        jobs = spec.jobs or 1 if spec.format == "directory" else 1
        return Method(format=spec.format, compress=str(spec.compress), jobs=jobs, behind=encrypted, suffix=suffix)
    level = _FAST if spec.prefer == "time" else _SMALL
    own, program = bool(here.get("zstd")), "zstd" in here.get("programs", ())
    jobs = spec.jobs or max(1, min(_MOST_JOBS, int(here.get("cpus") or 1)))
    # A stream has one writer, so that all processors are had by the program alone; it sees all tables at once, too. On
    # two processors that takes two thirds of the time that gzip takes in two jobs.
    few = program and spec.jobs is None and jobs <= _FEW
    streamed = bool(spec.encrypt) or (not own and (spec.prefer == "size" or few))
    if not streamed:
        return Method(format="directory", compress=f"zstd:{level}" if own else "1", jobs=jobs)
    if program:
        pack = ("zstd", f"-{level}", "-T0", "-q", "-c")
        return Method(format="custom", compress="0", packed="zstd", behind=(pack, *encrypted), suffix=".dump.zst" + end)
    if spec.encrypt:
        compress = f"zstd:{level}" if own else str(1 if spec.prefer == "time" else 6)
        return Method(format="custom", compress=compress, behind=encrypted, suffix=".dump" + end)
    return Method(format="directory", compress="6", jobs=jobs)
