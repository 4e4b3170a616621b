"""What a step may ask of the world, and what it is told: the vocabulary between kinds and drivers.

A kind's `execute` is a generator that yields effects and is sent their results; it never touches a socket, a file
or a clock, so that it is tested with no database. `tui.engine.drivers` carry the effects out. Times are seconds.
"""

from __future__ import annotations

from tui.steps.effects.base import *
from tui.steps.effects.files import *
from tui.steps.effects.looks import *
from tui.steps.effects.programs import *
from tui.steps.effects.sql import *
