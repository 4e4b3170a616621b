"""Secrets in a plan are refused: what a plan holds is frozen, journaled and shown to observers."""

from __future__ import annotations

import re

from tui.locale import _
from tui.plan.expand import VARIABLE
from tui.plan.problems import Report
from tui.plan.yaml import Mapping, Node, Scalar, Sequence

_URL = re.compile(r"://[^\s/:@]*:[^\s/@]+@")
_SETTING = re.compile(r"(?i)passw(?:or)?d\s*=\s*(?:'[^']+'|[^\s&'\"$]+)")
_TIGHT = re.compile(r"(?i)(?:passw(?:or)?d|pwd)=(?:'[^']+'|[^\s&'\"$]+)")
_KEY = re.compile(r"(?i)(?:pg)?passw(?:or)?d|.*_(?:password|secret|token)")


def literal(text: str) -> str:
    """The text as far as it stands in the plan itself: variables left out, their defaults left in."""
    return VARIABLE.sub(lambda match: match[2] or "", text)


def is_secret(text: str, in_target: bool) -> bool:
    """Does a text surely hold a password: in a URL, or as `password=` of a connection?"""
    shown = literal(text)
    return _URL.search(shown) is not None or (in_target and _SETTING.search(shown) is not None)


def lint_secrets(root: Node, report: Report) -> None:
    """Report every literal password, at its value; never repeat it."""
    refused = _("A password in a plan: it would be journaled and shown; write a variable such as ${DATABASE_URL}.")
    doubted = _("This looks like a password in a plan, which is journaled and shown; write a variable instead.")
    reported = report.places()
    seen: set[int] = set()
    waiting: list[tuple[Node, bool, bool]] = [(root, False, False)]
    while waiting:
        node, in_target, named = waiting.pop()
        if isinstance(node, Scalar):
            if not named and "=" not in node.text and "@" not in node.text:
                continue
            shown = literal(node.text)
            if is_secret(node.text, in_target) or (named and shown.strip() and not shown.startswith("$")):
                report.add("secret-in-plan", node.spot, refused)
            elif _TIGHT.search(shown):
                report.add("secret-in-plan", node.spot, doubted)
            continue
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            waiting += [(item, in_target, False) for item in node.items]
        elif isinstance(node, Mapping):
            for key, (key_node, value) in node.pairs.items():
                waiting.append((key_node, in_target, False))
                named = _KEY.fullmatch(key) is not None and key_node.spot not in reported
                waiting.append((value, in_target or (node is root and key == "targets"), named))
