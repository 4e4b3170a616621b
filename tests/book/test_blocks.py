"""How a page is read, and when what was printed is what it shows."""

from __future__ import annotations

from tests.book.blocks import agrees, of_text

_PAGE = """# A page

<!-- given: a server -->
<!-- on a terminal -->
```console
$ one \\
  two
said
…
$ three
```

```yaml
virada: 1
```

<!-- not run: nobody can -->
```sh
four
```
"""


def test_blocks_of_commands_with_what_is_said_of_them() -> None:
    first, second = of_text(_PAGE, "page.md")
    assert (first.where, first.given, first.on_terminal, first.not_run) == ("page.md:5", ("a server",), True, None)
    assert [(one.command, one.shown) for one in first.typed] == [("one \\\n  two", ("said", "…")), ("three", ())]
    assert (second.language, second.not_run, second.typed[0].command) == ("sh", "nobody can", "four")


def test_what_was_printed_agrees_but_for_blanks_and_what_is_left_open() -> None:
    assert agrees("a … c", "a  b   c\n\n") and agrees("a\n…", "a\nb\nc\n") and agrees("", "\n")
    assert agrees("…\nlast", "last\n") and agrees("…\nlast", "first\nlast\n")
    assert not agrees("a … c", "a b d\n") and not agrees("a", "a\nb\n") and not agrees("a\nb", "a\n")
    assert not agrees("a.c", "abc\n"), "the page's signs are no pattern"
