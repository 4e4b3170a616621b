"""`virada completion`: the script with which a shell completes commands, runs, steps, targets and plans."""

from __future__ import annotations

import click

from tui.cli.completing.scripts import SCRIPTS
from tui.cli.output import print_line
from tui.locale import _


def _epilog() -> str:
    lines = [
        _("To have it in every shell:"),
        "  bash   d=~/.local/share/bash-completion/completions",
        "         mkdir -p $d && virada completion bash > $d/virada",
        "  zsh    mkdir -p ~/.zfunc && virada completion zsh > ~/.zfunc/_virada",
        "         (~/.zshrc: fpath=(~/.zfunc $fpath); autoload -U compinit; compinit)",
        "  fish   d=~/.config/fish/completions",
        "         mkdir -p $d && virada completion fish > $d/virada.fish",
    ]
    return "\b\n" + "\n".join(lines)


@click.command(
    "completion",
    help=_("What a shell needs to complete runs, steps and targets."),
    epilog=_epilog(),
)
@click.argument("shell", type=click.Choice(list(SCRIPTS)))
def command(shell: str) -> None:
    for line in SCRIPTS[shell].splitlines():
        print_line(line)
