from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import asyncio, faulthandler, os, sys, threading
from pathlib import Path
from tui.engine.crashlog import CrashLog
os.umask(0)
log = CrashLog(Path(sys.argv[1]), redact=lambda text: text.replace("hunter2", "***"))
log.install()
def fail():
    password = "swordfish"
    raise ValueError("login with hunter2 \\udce9")
def crash(): %s
def thread():
    t = threading.Thread(target=fail, name="sampler"); t.start(); t.join()
async def task():
    asyncio.get_running_loop().set_exception_handler(log.asyncio_handler)
    asyncio.get_running_loop().call_soon(fail)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
def unraisable():
    class Bad:
        def __del__(self): fail()
    Bad()
crash()
"""


@pytest.mark.parametrize(
    ("crash", "code", "words"),
    [
        ("fail()", 1, "uncaught"),
        ("thread()", 0, "uncaught in thread sampler"),
        ("asyncio.run(task())", 0, "Exception in callback"),
        ("unraisable()", 0, "ValueError"),
        ("faulthandler._sigsegv()", -11, "Segmentation fault"),
    ],
)
def test_every_crash_is_logged_and_no_secret(tmp_path: Path, crash: str, code: int, words: str) -> None:
    log = tmp_path / "engine.log"
    command = [sys.executable, "-X", "faulthandler=0", "-c", CODE % crash, str(log)]
    process = subprocess.run(command, cwd=Path(__file__).parents[3], timeout=20, capture_output=True)
    assert process.returncode == code, process.stderr
    text = log.read_text()
    assert words in text
    assert "in crash" in text or "in fail" in text
    assert "hunter2" not in text
    assert "swordfish" not in text.replace('password = "swordfish"', "")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
