"""The lock has everything that `pyproject.toml` asks for, with hashes, and names no address."""

from __future__ import annotations

import pytest
from packaging.markers import Marker

from tests import lock

TEXT = lock.LOCK.read_text()
MACHINES = [
    {
        "python_version": f"3.{minor}", "python_full_version": f"3.{minor}.0", "platform_machine": machine,
        "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
        "implementation_name": "cpython", "platform_python_implementation": "CPython",
    }
    for minor in (11, 12, 13, 14)
    for machine in ("x86_64", "aarch64")
]  # fmt: skip


@pytest.mark.parametrize("machine", MACHINES, ids=lambda one: f"{one['python_version']}-{one['platform_machine']}")
def test_what_is_asked_for_is_pinned_on_every_machine(machine: dict[str, str]) -> None:
    pinned = {
        name: version
        for name, version, marker in lock.pinned(TEXT)
        if not marker or Marker(marker).evaluate(dict(machine))
    }
    lacking = [
        str(one)
        for one in lock.wanted()
        if (one.marker is None or one.marker.evaluate(dict(machine)))
        and (
            (version := pinned.get(lock.normalized(one.name))) is None
            or not one.specifier.contains(version, prereleases=True)
        )
    ]
    assert not lacking, "python -m tests.lock"


def test_every_pin_has_its_hashes_and_no_address_is_named() -> None:
    assert "://" not in TEXT and "--index" not in TEXT and "file:" not in TEXT
    entries = [entry for entry in TEXT.split("\n") if entry and not entry.startswith(("#", " "))]
    assert len(entries) == len(list(lock.pinned(TEXT))) > 40
    for entry in TEXT.replace("\\\n", " ").splitlines():
        if not entry.startswith("#"):
            assert "==" in entry and "--hash=sha256:" in entry, entry
