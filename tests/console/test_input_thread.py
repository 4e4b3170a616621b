"""When a key came is when the terminal sent it, not when a busy machine got round to it."""

from __future__ import annotations

import os
import pty
import threading
import time
import tty
from typing import Any, cast

from textual.events import Key
from textual.message import Message

from tui.console.terminal.driver import SafeLinuxDriver


class BusyDriver(SafeLinuxDriver):
    """Needs a while for each event, as a thread does whose process draws a picture meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._debug = False
        self.fileno = descriptor
        self.exit_event = threading.Event()
        self.keys: list[Key] = []
        self.began = threading.Event()
        self.came = threading.Condition()

    def process_message(self, message: Message) -> None:
        self.began.set()
        time.sleep(0.02)  # What is tried is a driver that takes so long.
        with self.came:
            self.keys.append(cast(Key, message))
            self.came.notify()

    def until(self, count: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.keys) >= count, 20), self.keys


def test_what_comes_in_one_piece_has_one_time_and_so_has_what_lay_there_meanwhile() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    driver: Any = BusyDriver(slave)
    thread = threading.Thread(target=driver.run_input_thread)
    thread.start()
    try:
        os.write(master, b"\rhx")
        assert driver.began.wait(20)
        os.write(master, b"qR")
        driver.until(5)
        assert [key.key for key in driver.keys] == ["enter", "h", "x", "q", "R"]
        assert len({key.time for key in driver.keys}) == 1
        between = time.monotonic()
        # The driver waits for keys again, sooner or later: what comes then has a time of its own.
        while driver.keys[-1].time < between:
            os.write(master, b"j")
            driver.until(len(driver.keys) + 1)
            time.sleep(0.01)  # The pace of the keys: it ends when one came behind a wait.
            assert len(driver.keys) < 500
    finally:
        driver.exit_event.set()
        thread.join()
        os.close(master)
        os.close(slave)
