"""The demo: a PostgreSQL of one's own with a sample application, its load, and the plan that changes it.

    from tui.demo import demo           prepare, start_keeper, ensure, find, environment, prune
    from tui.demo.server import Server  a server in one directory, also for the tests

Only `tui.cli` imports it.
"""
