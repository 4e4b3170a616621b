"""What the page on a team's set-up has people type with sudo is allowed by the rules that it has root write."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from tests.book.blocks import ROOT, Typed, blocks, pages
from tests.book.shell import Shell

pytestmark = [pytest.mark.acceptance, pytest.mark.postgres]
_PAGE = ROOT / "docs" / "set-up.md"
_INLINE = re.compile(r"`((?:[A-Z_]+=\S+ )?sudo -u virada [^`]+)`")
_STAND_IN = """#!/bin/sh
echo "$(id -un) $HOME TEAM_URL=$TEAM_URL: $*"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes accounts")
@pytest.mark.skipif(shutil.which("sudo") is None, reason="there is no sudo")
def test_members_of_the_group_may_type_what_the_page_says(shell: Shell) -> None:
    shell.apart("/etc", "/home", "/var/lib", "/usr/local/bin")
    written = [block for block in blocks(_PAGE) if block.language == "sh" and block.not_run is None]
    rules = next(block for block in written if "sudoers" in block.text)
    for block in written[: written.index(rules) + 1]:
        shell.type(block.typed, stop=True)
    program = f"cat > /usr/local/bin/virada <<'END'\n{_STAND_IN}END\nchmod 755 /usr/local/bin/virada"
    shell.type([Typed(f"useradd --create-home --groups change rui\n{program}\nvisudo -cf /etc/sudoers", ())], stop=True)
    commands = [command for page in pages() for command in _INLINE.findall(page.read_text("utf-8"))]
    assert len(commands) >= 3
    for command in commands:
        asked = command.replace("sudo ", "sudo -n ")
        [printed] = shell.type([Typed(f"su rui -s /bin/sh -c 'cd; {asked}'", ())])
        variable = command.split()[0] if "=" in command.split()[0] else "TEAM_URL="
        arguments = command.partition("virada virada ")[2]
        assert printed.split() == f"virada /home/virada {variable}: {arguments}".split(), f"{command}\n{printed}"
