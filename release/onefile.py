"""Writing the files: what starts them, and one archive with all the rest, the same bytes from the same content."""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

from release.locked import ROOT
from release.tree import Content

_START = Path(__file__).with_name("start")
_TWICE = ("tui/__init__.py", "tui/onefile/__init__.py", "tui/onefile/places.py", "tui/onefile/unpacked.py")
"""What is needed before anything is unpacked."""
_FOUND = """\
#!/bin/sh
# virada. Python reads what follows; VIRADA_PYTHON names one, else the first of these is taken.
virada_start= virada_cache=${XDG_CACHE_HOME:-$HOME/.cache}
virada_again=$virada_cache/virada/@BUILD@/start.py
# Whether $1 is this account's alone, and nobody else could exchange a directory that leads to it. A link has every
# right here and is left to Python, which follows it: without this the file is read once more, and that is all.
virada_ours() {
  virada_path=$1 virada_free=none
  set -- "$1"
  while virada_path=${virada_path%/*} && [ -n "$virada_path" ]; do set -- "$@" "$virada_path"; done
  set -- $(stat -c '%u %a' "$@" / 2>/dev/null)
  [ $# -gt 8 ] || return 1
  # It, its build's directory and that of all builds come first: there no sticky bit helps.
  virada_me=$1 virada_above=$(($# - 6))
  while [ $# -gt 0 ]; do
    if [ $# -le $virada_above ]; then virada_free='[1357]???'; fi
    case $1 in "$virada_me" | 0) ;; *) return 1 ;; esac
    case $2 in $virada_free) ;; *[2367]? | *[2367]) return 1 ;; esac
    shift 2
  done
}
case ${VIRADA_CACHE:+named}$virada_cache in
  /*) if [ -O "$virada_again" ] 2>/dev/null && virada_ours "$virada_again"; then virada_start=$virada_again; fi ;;
esac
if [ -z "$virada_start" ] && [ "$(wc -c <"$0")" -ne @THE-SIZE@ ]; then
  echo "virada: $0 was not copied whole; copy it here again and compare its SHA-256." >&2
  exit 1
fi
case $VIRADA_PYTHON in
  *[![:space:]]*) virada_python=$VIRADA_PYTHON ;;
  *)
    for virada_python in python3 python3.14 python3.13 python3.12 python3.11 python3; do
      if command -v "$virada_python" >/dev/null 2>&1; then break; fi
    done ;;
esac
if command -v "$virada_python" >/dev/null 2>&1; then
  exec "$virada_python" ${virada_start:+"$virada_start"} "$0" "$@"
fi
echo "virada: this needs CPython 3.11 to 3.14, and there is no $virada_python on the PATH." >&2
exit 1
"""


def program(path: Path, content: Mapping[str, Content], machine: str, epoch: int, level: int = 9) -> None:
    """The program's file. `level`: how hard to compress; 0 is for what is thrown away soon."""
    again = Content((_START / "again.py").read_bytes())
    inner = archive({**content, "start.py": again}, epoch, level)
    build = _build(inner)
    start = (_START / "__main__.py").read_text(encoding="utf-8")
    outer = {
        "__main__.py": start.replace("@BUILD@", build).replace("@MACHINE@", machine),
        **{name: (_START / name).read_text(encoding="utf-8") for name in ("first.py", "refused.py", "words.py")},
        **{name: (ROOT / name).read_text(encoding="utf-8") for name in _TWICE},
    }
    _write(path, outer, inner, {"virada": "program", "build": build, "machine": machine}, epoch)


def demo(path: Path, content: Mapping[str, Content], machine: str, epoch: int, level: int = 9) -> None:
    """The file with the demo's server, which is for the first one to read."""
    inner = archive(content, epoch, level)
    outer = {
        "__main__.py": "import sys\n\nfrom words import say\n\nsay('demo')\nsys.exit(2)\n",
        "words.py": (_START / "words.py").read_text(encoding="utf-8"),
    }
    _write(path, outer, inner, {"virada": "demo", "build": _build(inner), "machine": machine}, epoch)


def archive(content: Mapping[str, Content], epoch: int, level: int = 9) -> bytes:
    """A zip file with the content, sorted, all of one moment."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name in sorted(content):
            _add(zipped, name, content[name].data, epoch, content[name].executable, level=level)
    return made.getvalue()


def _write(path: Path, outer: Mapping[str, str], inner: bytes, told: Mapping[str, str], epoch: int) -> None:
    made = io.BytesIO()
    made.write(_FOUND.replace("@BUILD@", told["build"]).encode())
    with zipfile.ZipFile(made, "a") as zipped:
        for name in sorted(outer):
            _add(zipped, name, outer[name].encode(), epoch)
        _add(zipped, "program.zip", inner, epoch, level=0)
        zipped.comment = json.dumps(dict(told), sort_keys=True).encode()
    new = path.with_name(f".{path.name}.{os.getpid()}")
    whole = made.getvalue()
    new.write_bytes(whole.replace(b"@THE-SIZE@", b"%10d" % len(whole), 1))
    new.chmod(0o755)
    new.replace(path)


def _add(
    zipped: zipfile.ZipFile, name: str, data: bytes, epoch: int, executable: bool = False, *, level: int = 9
) -> None:
    # A zip file knows no time before 1980.
    entry = zipfile.ZipInfo(name, time.gmtime(max(epoch, 315532800))[:6])
    entry.create_system = 3
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    zipped.writestr(entry, data, zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED, level or None)


def _build(inner: bytes) -> str:
    """What a build is called: of the same content the same."""
    return hashlib.sha256(inner).hexdigest()[:16]
