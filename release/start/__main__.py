"""Starts virada from its one file. Any Python 3 reads it, since it must be able to say that it is wrong."""

import os
import sys

BUILD, MACHINE = "@BUILD@", "@MACHINE@"
FILE = os.path.dirname(os.path.abspath(__file__))


def suits():
    """Whether this interpreter, on this machine, is one that the file was made for."""
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        libc = ""
    return (
        (3, 11) <= sys.version_info[:2] <= (3, 14)
        and sys.implementation.name == "cpython"
        and "t" not in getattr(sys, "abiflags", "")
        and sys.platform == "linux"
        and os.uname()[4] == MACHINE
        and sys.maxsize > 2**32
        and libc[:8] == "glibc 2."
        and int(libc[8:].split(".")[0]) >= 28
    )


def start():
    if not suits():
        from refused import refuse

        return refuse(FILE, MACHINE)
    from tui.onefile.places import ready

    root = ready(BUILD)
    if root is None or not os.path.exists(root + "/tui/cli/main.py"):
        from first import unpack

        root = unpack(FILE, BUILD)
        if root is None:
            return 1
    # Nothing more is read from the file: whoever replaces it changes nothing of what runs.
    sys.path[0] = root
    for name in [name for name in sys.modules if name.partition(".")[0] in ("first", "words", "tui")]:
        del sys.modules[name]
    from tui.onefile import held

    held.hold(FILE)
    if sys.argv[1:2] == ["-m"] and sys.argv[2:3] and sys.argv[2].startswith("tui."):
        # A part of virada that is started from the file as another account.
        import runpy

        module = sys.argv[2]
        del sys.argv[1:3]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0
    from tui.cli.main import main

    return main()


if __name__ == "__main__":
    sys.exit(start())
