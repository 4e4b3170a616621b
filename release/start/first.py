"""The first start of a build, and the first of a day: it is unpacked, or looked through. What is in the way is said."""

import sys

from words import say


def unpack(file, build):
    """The directory with all of it; None, with a sentence on stderr, where that cannot be had."""
    from tui.onefile.unpacked import Damaged, NoPlace, obtain

    try:
        return str(obtain(file, build))
    except NoPlace as error:
        tried = "; ".join("%s %s" % one for one in error.tried)
        say("no_place", tried=tried)
    except Damaged as error:
        say("damaged", file=file, reason=error)
    except OSError as error:
        say("unreadable", file=file, reason=error.strerror or error)
    except ImportError as error:
        say("lacking", python=sys.executable, reason=error)
    return None
