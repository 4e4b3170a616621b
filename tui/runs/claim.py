"""Root before another account's run in the console: whose it is has to be typed before anything is asked of it."""

from __future__ import annotations

import os

from msgspec import structs

from tui.runs.owner import NotOwned, taker
from tui.runs.paths import RunError, RunPaths, find_run, owner_uid
from tui.runs.person import account_name


class Claim:
    """`owner` is the account's name; `paths` can be taken up once it was typed, as with `--owner`."""

    def __init__(self, paths: RunPaths, owner: str) -> None:
        self.paths = paths
        self.owner = owner

    def typed(self, name: str) -> None:
        """Raises NotOwned for another name, and where the run is not wholly that account's."""
        claimed = structs.replace(self.paths, claimed=name)
        taker(claimed)
        self.paths = claimed


def claim_of(text: str | None) -> Claim | None:
    """For root, the claim on a run of another account that is named by its full id; None for all that needs none, or
    that is refused anyway."""
    if text is None or os.geteuid() != 0:
        return None
    try:
        paths = find_run(text, own=True)
        uid = owner_uid(paths)
        if paths.alone or text != paths.id or uid == 0:
            return None
        claim = Claim(paths, account_name(uid))
        # What would be refused to who types the name is refused at once.
        taker(structs.replace(paths, claimed=claim.owner))
    except (RunError, NotOwned, OSError):
        return None
    return claim
