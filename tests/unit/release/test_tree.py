"""Wheels laid over each other, and the file written from them."""

from __future__ import annotations

import os
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from release import onefile
from release.tree import Content, Differs, importable, laid

EPOCH = 1_700_000_000
PACKAGE = {
    "one/__init__.py": b"",
    "one-1.dist-info/METADATA": b"Name: one",
    "one-1.dist-info/RECORD": b"of one wheel",
    "one-1.dist-info/WHEEL": b"of one wheel",
    "one-1.dist-info/licenses/LICENSE": b"MIT",
    "one-1.data/purelib/two.py": b"",
    "one-1.data/data/share/man/man1/one.1": b".TH",
    "one-1.data/scripts/one": b"#!python",
}


def _wheel(directory: Path, tag: str, content: dict[str, bytes]) -> Path:
    path = directory / f"one-1-{tag}-{tag}-manylinux_2_28_x86_64.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def test_of_each_python_its_own_and_the_rest_once(tmp_path: Path) -> None:
    wheels = [
        _wheel(
            tmp_path,
            tag,
            {
                **PACKAGE,
                f"one/_c.cpython-{tag[2:]}-x86_64-linux-gnu.so": tag.encode(),
                "one-1.dist-info/sboms/x.json": tag.encode(),
            },
        )
        for tag in ("cp311", "cp312")
    ]
    found = laid(wheels)
    assert set(found) == {
        "one/__init__.py", "one-1.dist-info/METADATA", "one-1.dist-info/licenses/LICENSE", "two.py",
        "share/man/man1/one.1", "one/_c.cpython-311-x86_64-linux-gnu.so", "one/_c.cpython-312-x86_64-linux-gnu.so",
        "one-1.dist-info/sboms/cp311/x.json", "one-1.dist-info/sboms/cp312/x.json",
    }  # fmt: skip
    assert importable(found, "3.11") == importable(found, "3.12") == {"one/_c"}
    assert importable(found, "3.13") == set()


def test_what_two_wheels_say_otherwise_is_refused(tmp_path: Path) -> None:
    wheels = [_wheel(tmp_path, tag, {"one/__init__.py": tag.encode()}) for tag in ("cp311", "cp312")]
    with pytest.raises(Differs, match="one/__init__"):
        laid(wheels)


def test_the_same_content_is_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"tui/b.py": Content(b"b" * 5000), "tui/a.py": Content(b"a"), "x.so": Content(b"\0", executable=True)}
    made = []
    for zone, umask, order in (("UTC", 0o022, 1), ("Pacific/Auckland", 0o077, -1)):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        before = os.umask(umask)
        try:
            path = tmp_path / zone.partition("/")[0]
            onefile.program(path, dict(list(content.items())[::order]), "x86_64", EPOCH)
        finally:
            os.umask(before)
        made.append((path.read_bytes(), path.stat().st_mode))
    assert made[0] == made[1]
    monkeypatch.undo()
    time.tzset()


def test_the_file_is_a_script_that_knows_its_own_length(tmp_path: Path) -> None:
    path = tmp_path / "virada"
    onefile.program(path, {"x": Content(b"x")}, "x86_64", EPOCH)
    assert f"-ne {path.stat().st_size:10d} ]".encode() in path.read_bytes()[:4000]
    assert subprocess.run(["sh", "-n", str(path)], stderr=subprocess.DEVNULL).returncode in (0, 2)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None and {entry.compress_type for entry in archive.infolist()} == {0, 8}


@pytest.mark.parametrize("path", sorted((Path(onefile.__file__).parent / "start").glob("*.py")), ids=lambda p: p.name)
def test_what_starts_it_is_read_by_an_old_python(path: Path) -> None:
    """An interpreter that cannot even read it could not say what it needs: the syntax is that of 3.6."""
    import ast

    ast.parse(path.read_text(), feature_version=(3, 6))
    text = path.read_text()
    assert "annotations" not in text and ":=" not in text and "match " not in text
