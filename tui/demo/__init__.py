"""The demo: a PostgreSQL of one's own with a sample application, its load, and the plan that changes it.

    from tui.demo import demo           prepare, start_watchdog, ensure, find, environment, prune
    from tui.demo.server import Server  a server in one directory, also for the tests

Only `tui.cli` imports it.
"""

from __future__ import annotations


class DemoError(Exception):
    """The demo cannot be set up or started; the text says what, where and what to do."""
