from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.helm import socket as helm_socket
from tui.helm.client import HelmClient, NoEngine, NotPermitted
from tui.helm.socket import connect, listen, remove
from tui.runs.paths import RunPaths, create_run_directory

RUN = "20261122T060300Z-7f3a"
AsNobody = Callable[[str, list[str]], str]

_CONNECT = """
try:
    HelmClient.connect(RunPaths(Path(arguments[0])))
except HelmError as error:
    print(type(error).__name__)
print(RunPaths(Path(arguments[0])).journal.read_text(), engine_facts(RunPaths(Path(arguments[0]))).alive)
"""


@pytest.fixture(params=["proc", "chdir"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With /proc, and as on a machine without."""
    if request.param == "chdir":
        monkeypatch.setattr(helm_socket, "_FDS", Path("/nowhere"))


def talk(path: Path) -> None:
    with listen(path) as listener, connect(path, 5) as client:
        assert stat.S_IMODE(path.lstat().st_mode) == 0o600
        listener.setblocking(True)
        server, _ = listener.accept()
        with server:
            client.sendall(b"hello")
            assert server.recv(5) == b"hello"


@pytest.mark.usefixtures("way")
def test_a_directory_far_longer_than_an_address(tmp_path: Path) -> None:
    directory = tmp_path / ("d" * 150) / ("e" * 200)
    directory.mkdir(parents=True)
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as plain, pytest.raises(OSError, match="too long"):
        plain.bind(str(directory / "helm.sock"))
    talk(directory / "helm.sock")
    assert Path.cwd() == here


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_the_mode_is_there_from_the_first_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int) -> None:
    at_bind: list[int] = []
    call = helm_socket._at

    def watch(directory: int, name: str, bind: Callable[[str], None]) -> None:
        call(directory, name, bind)
        at_bind.append(stat.S_IMODE((tmp_path / name).lstat().st_mode))

    monkeypatch.setattr(helm_socket, "_at", watch)
    before = os.umask(umask)
    try:
        listen(tmp_path / "helm.sock").close()
        listen(tmp_path / "approve.sock", 0o660).close()
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert at_bind == [0o600, 0o660]


def test_a_stale_socket_goes_only_when_told_and_a_file_never(tmp_path: Path) -> None:
    path = tmp_path / "helm.sock"
    listen(path).close()
    with pytest.raises(FileExistsError):
        listen(path)
    listen(path, replace=True).close()
    remove(path)
    remove(path)
    path.write_text("precious")
    for replace in (False, True):
        with pytest.raises(FileExistsError):
            listen(path, replace=replace)
    assert path.read_text() == "precious"


def test_nobody_listening_is_no_engine(state: Path) -> None:
    run = create_run_directory(RUN)
    with pytest.raises(NoEngine):
        HelmClient.connect(run)
    listen(run.helm_socket).close()
    with pytest.raises(NoEngine):
        HelmClient.connect(run)
    with pytest.raises(NoEngine):
        HelmClient.connect(RunPaths(run.directory / "gone"))
    with pytest.raises(NoEngine):
        HelmClient.connect(RunPaths(run.directory, run.directory / "copy.jsonl"))


@pytest.mark.parametrize("engine", ["running", "ended", "never there"])
def test_an_observer_reads_and_is_refused_by_the_operating_system(
    state: Path, as_nobody: AsNobody, engine: str
) -> None:
    state.mkdir()
    os.chown(state, -1, 65534)
    state.chmod(0o2750)
    run = create_run_directory(RUN)
    run.journal.write_text("line")
    run.journal.chmod(0o640)
    run.engine_lock.touch(0o600)
    if engine != "never there":
        listener = listen(run.helm_socket)
        if engine == "ended":
            listener.close()
    assert as_nobody(_CONNECT, [str(run.directory)]).splitlines() == [NotPermitted.__name__, "line None"]
    if engine == "running":
        listener.close()
