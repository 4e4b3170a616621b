"""Programs that feed each other: what passed is hashed, and who failed tells how it ended."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tui.engine.programs import pipeline
from tui.engine.programs.supervisor_pool import INTERPRETER

NUMBERS = "".join(f"{n}\n" for n in range(1, 50_001)).encode()
SEQ = ["/bin/sh", "-c", "exec seq 1 50000"]
CAT = ["/bin/cat"]


def sh(text: str) -> list[str]:
    return ["/bin/sh", "-c", text]


def run(path: Path, stages: list[list[str]], **more: Any) -> tuple[int, dict[str, Any], str]:
    """Exit status, report and what was said."""
    report = path / "report"
    wanted = {"stages": stages, "main": 0, "source": "", "into": "", "told_in": str(report)} | more
    done = subprocess.run(
        [*INTERPRETER, pipeline.__file__, json.dumps(wanted)], capture_output=True, text=True, check=False,
        env={"PATH": "/bin:/usr/bin", "PGPASSWORD": "x"},
    )  # fmt: skip
    return done.returncode, json.loads(report.read_text()) if report.exists() else {}, done.stdout + done.stderr


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_what_passes_and_what_comes_out_are_hashed(tmp_path: Path) -> None:
    into = tmp_path / "out"
    status, told, _ = run(tmp_path, [SEQ, sh("gzip -1c")], into=str(into))
    assert status == 0 and told["statuses"] == [0, 0] and into.stat().st_mode & 0o777 == 0o600
    assert (told["plain_bytes"], told["plain_sha256"]) == (len(NUMBERS), digest(NUMBERS))
    assert (told["bytes"], told["sha256"]) == (into.stat().st_size, digest(into.read_bytes()))


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("of somebody else")
    status, told, said = run(tmp_path, [SEQ], into=str(tmp_path / "out"))
    assert (status, told) == (1, {}) and "File exists" in said and (tmp_path / "out").read_text() == "of somebody else"


@pytest.mark.parametrize(
    ("stages", "main", "status"),
    [
        ([sh("echo a; exit 3"), CAT], 0, 3),
        ([SEQ, sh("exit 4")], 0, 4),
        ([sh("kill -9 $$"), CAT], 0, 137),
        # Not all that the main one printed was read, though whoever read it is content.
        ([sh("exec seq 1 5000000"), sh("exec head -n 1")], 0, 141),
        # The main one needed no more of what it was fed with, and whoever fed it failed for that alone.
        ([sh("trap '' PIPE; seq 1 5000000 || exit 5"), sh("exec head -n 1")], 1, 0),
        ([sh("exec seq 1 5000000"), sh("exec head -n 1")], 1, 0),
        # It read all that there was, which was not all.
        ([sh("echo half; exit 6"), CAT], 1, 6),
    ],
)
def test_who_failed_tells_how_it_ended(tmp_path: Path, stages: list[list[str]], main: int, status: int) -> None:
    ended, told, said = run(tmp_path, stages, main=main)
    assert ended == status, said
    assert (" ended with " in said) is (status != 0) and len(told["statuses"]) == 2


def test_a_file_is_read_by_the_first_and_the_last_may_print(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(NUMBERS)
    status, told, said = run(tmp_path, [CAT, sh("tail -n 1")], main=1, source=str(tmp_path / "in"), into=None)
    assert (status, said) == (0, "50000\n") and told["plain_sha256"] == digest(NUMBERS) and "sha256" not in told


def test_only_the_main_one_knows_the_way_to_the_server(tmp_path: Path) -> None:
    into = tmp_path / "out"
    run(tmp_path, [sh('echo "main $PGPASSWORD"'), sh('cat; echo "other $PGPASSWORD"')], into=str(into))
    assert into.read_text() == "main x\nother \n"
