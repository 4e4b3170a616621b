"""An interpreter or a machine that the file was not made for: another interpreter is looked for, else it is said."""

import os
import sys

from words import say

NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")
TRIED = "VIRADA_PYTHONS_TRIED"


def refuse(file, machine):
    """Become a Python that suits, where one is installed; else the exit code."""
    here = os.uname()[4] if hasattr(os, "uname") else sys.platform
    if not sys.platform.startswith("linux"):
        say("machine", wanted="linux " + machine, found=sys.platform)
    elif here != machine:
        say("machine", wanted=machine, found=here)
    elif not (3, 11) <= sys.version_info[:2] <= (3, 14) or other_build():
        if not os.environ.get("VIRADA_PYTHON", "").strip() and not os.environ.get(TRIED):
            os.environ[TRIED] = "1"
            for directory in os.environ.get("PATH", os.defpath).split(os.pathsep):
                for name in NAMES:
                    try:
                        os.execv(os.path.join(directory, name), [name, file] + sys.argv[1:])
                    except OSError:
                        pass
        say("python", python=sys.executable or sys.argv[0], found=found(), file=file)
    else:
        say("libc", found=libc())
    return 1


def other_build():
    """PyPy, one without the global lock, or one of 32 bits: its binary modules would be others."""
    return (
        getattr(sys, "implementation", None) is None
        or sys.implementation.name != "cpython"
        or "t" in getattr(sys, "abiflags", "")
        or sys.maxsize <= 2**32
    )


def found():
    """This interpreter in words."""
    name = sys.implementation.name
    name = {"cpython": "CPython", "pypy": "PyPy"}.get(name, name)
    marks = " (free-threaded)" if "t" in getattr(sys, "abiflags", "") else ""
    marks += " (32 bit)" if sys.maxsize <= 2**32 else ""
    return "%s %d.%d%s" % (name, sys.version_info[0], sys.version_info[1], marks)


def libc():
    """The C library in words; only glibc tells its version this way."""
    try:
        told = os.confstr("CS_GNU_LIBC_VERSION")
    except (OSError, ValueError):
        told = None
    if told:
        return told
    try:
        musl = any(name.startswith("ld-musl-") for name in os.listdir("/lib"))
    except OSError:
        musl = False
    return "musl" if musl else "another C library"
