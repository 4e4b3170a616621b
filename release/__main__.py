"""`python -m release [-o DIRECTORY]`: a release, whole: wheel and sdist, a file for each machine and one with the
demo's server, the licences of what they carry, and the SHA-256 of all of it.

    python -m release                        everything, into dist/
    python -m release --machine x86_64       of the files those for this machine alone
    python -m release --python 3.11 ...      of the files' Pythons these alone, to try something

Two builds from one commit are the same bytes. Wheels of others are taken from where pip is configured to look, and only
with a hash of requirements.lock.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from release import licences, locked, onefile, source
from release.tree import Content, Differs, importable, laid
from release.wheels import NoWheel, wheels

NOTICES = "THIRD-PARTY.md"


def main(arguments: Sequence[str]) -> int:
    """The exit code; what is wrong is one line on stderr."""
    options = _options(arguments)
    try:
        made = build(Path(options.output), options.machine or locked.MACHINES, options.python or locked.PYTHONS)
    except (NoWheel, Differs, LookupError, source.NotBuilt, licences.NotAllowed, OSError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    if source.changed():
        print("release: what was changed since the last commit is in it", file=sys.stderr)
    for path in made:
        print(f"{path.stat().st_size:>11,}  {path}")
    return 0


def build(
    output: Path, machines: Sequence[str] = locked.MACHINES, pythons: Sequence[str] = locked.PYTHONS,
    root: Path = locked.ROOT, demo: bool = True,
) -> list[Path]:  # fmt: skip
    """Everything, from the tree as it lies there; the files that were made."""
    moment = source.epoch(root)
    output.mkdir(parents=True, exist_ok=True)
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    pins = locked.needed(root)
    with tempfile.TemporaryDirectory(prefix="virada-release-") as name:
        tree = source.exported(root, Path(name, "tree"))
        wheel, sdist = source.distributions(tree, Path(name, "dist"), moment)
        made = [_moved(wheel, output), _moved(sdist, output)]
    for machine in machines:
        others = wheels(pins, machine, pythons)
        notices = Content(licences.text(licences.carried(others)).encode())
        content = laid([made[0], *others]) | {NOTICES: notices}
        _complete(content, pythons)
        path = output / f"virada-{version}-{machine}"
        onefile.program(path, content, machine, moment)
        made.append(path)
        if demo:
            carriers = wheels([locked.pins(root)[locked.DEMO]], machine, pythons[:1])
            path = output / f"virada-demo-{version}-{machine}"
            onefile.demo(path, laid(carriers), machine, moment)
            made.append(path)
    if demo:
        listed = output / NOTICES
        listed.write_bytes(licences.LIST.read_bytes())
        made.append(listed)
    sums = output / "SHA256SUMS"
    sums.write_text("".join(f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in made))
    return [*made, sums]


def _complete(content: dict[str, Content], pythons: Sequence[str]) -> None:
    """Raises Differs where one of the Pythons lacks a module that another has."""
    has = {python: importable(content, python) for python in pythons}
    for python, modules in has.items():
        lacking = set().union(*has.values()) - modules
        if lacking:
            raise Differs(f"Python {python} would lack {', '.join(sorted(lacking))}")


def _moved(path: Path, into: Path) -> Path:
    return Path(shutil.move(path, into / path.name))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m release", description="Make a release.")
    parser.add_argument("-o", "--output", default="dist", metavar="DIRECTORY")
    parser.add_argument("--machine", action="append", choices=locked.MACHINES)
    parser.add_argument("--python", action="append", choices=locked.PYTHONS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
