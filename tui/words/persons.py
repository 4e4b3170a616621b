"""Who it was, in words: the label of a journal's `by`, which is neutral and compared as it is. Pure."""

from __future__ import annotations

from typing import Final

from tui.locale import _
from tui.words.inert import visible

_DECLARED: Final = " (declared by "


def parts_of(label: str) -> tuple[str, str]:
    """The name, and who declares it, which is empty for a name that the kernel vouches for; not `visible` yet."""
    name, _declared, who = label.partition(_DECLARED)
    return (name, who.removesuffix(")")) if who else (label, "")


def person_words(label: str | None) -> str:
    """`ana@jump1`, `ana (declared by rui, root@jump1)`, `engine`."""
    if label == "engine":
        return _("engine")
    name, who = parts_of(label or "")
    return _("{name} (declared by {who})").format(name=visible(name), who=visible(who)) if who else visible(name)
