"""The shells' own side: a function for each that asks `virada` and shows what it answers.

What may follow comes a line each: its sort, its text, and in zsh and fish what is said of it. `file`, `dir` and `plan`
leave it to the shell, which knows names of files better.
"""

from __future__ import annotations

from typing import Final

VARIABLE: Final = "_VIRADA_COMPLETE"
"""Set by the functions below: who asks, such as `bash_complete`."""

BASH: Final = """\
# Completion of virada in bash, 4.4 or newer.
_virada_completion() {
    local kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            plain) COMPREPLY+=("$value") ;;
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            plan)
                compopt -o filenames -o default
                mapfile -t COMPREPLY < <(
                    compgen -d -- "$2"
                    compgen -f -X '!*.yaml' -- "$2"
                    compgen -f -X '!*.yml' -- "$2"
                )
                ;;
        esac
    done < <(
        IFS=$'\\n'
        COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _VIRADA_COMPLETE=bash_complete \\
            "${1/#~\\//$HOME/}" 2>/dev/null
    )
}
complete -o nosort -F _virada_completion virada
"""

ZSH: Final = """\
#compdef virada
# Completion of virada in zsh. Sourced behind compinit, or a file named _virada in a directory of $fpath.
_virada() {
    local kind value help
    local -a answer bare told
    answer=("${(@f)$(COMP_WORDS="${(F)words}" COMP_CWORD=$((CURRENT - 1)) \\
        _VIRADA_COMPLETE=zsh_complete ${(Q)~words[1]} 2>/dev/null)}")
    for kind value help in "${answer[@]}"; do
        case $kind in
            plain) if [[ $help == _ ]]; then bare+=("$value"); else told+=("$value:$help"); fi ;;
            file) _files ;;
            dir) _files -/ ;;
            plan) _files -g '*.(yaml|yml)' ;;
        esac
    done
    (( $#told )) && _describe -V virada told
    (( $#bare )) && compadd -V virada -a bare
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _virada "$@"
else
    compdef _virada virada
fi
"""

FISH: Final = """\
# Completion of virada in fish.
function __virada_completion
    set -l words (commandline -cp)
    set -l current (commandline -ct)
    set -l program (commandline -opc)[1]
    for line in (COMP_WORDS="$words" COMP_CWORD="$current" _VIRADA_COMPLETE=fish_complete $program 2>/dev/null)
        set -l parts (string split -m 1 , -- $line)
        switch $parts[1]
            case plain
                echo $parts[2]
            case file
                __fish_complete_path $current
            case dir
                __fish_complete_directories $current
            case plan
                __fish_complete_path $current | string match -r '.*(?:/|\\.ya?ml)(?:\\t.*)?$'
        end
    end
end
complete --command virada --no-files --keep-order --arguments '(__virada_completion)'
"""

SCRIPTS: Final = {"bash": BASH, "zsh": ZSH, "fish": FISH}
