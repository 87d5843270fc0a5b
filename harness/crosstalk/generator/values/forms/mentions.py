"""Forms in which a text names an object, as descriptions tell them: `{{clause:name}}`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from crosstalk.core.object_kinds import IDENTIFYING_FIELDS, singular

_FORM = re.compile(
    r"(?P<before>\{\{|\$\{|\[\[|<<|\{%)(?P<gap>\s*)"
    r"(?:(?P<kind>[A-Za-z][\w-]*)(?P<mark>\s*[:/.@ ]\s*))?"
    r"<?(?P<word>[A-Za-z][\w-]*)>?\s*(?P<after>\}\}|\}|\]\]|>>|%\})"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """One form.

    Attributes:
        before: What stands before the name.
        after: What stands behind it.
        kind: Of what is named; empty where nothing says it.
    """

    before: str
    after: str
    kind: str = ""

    def of(self, name: str) -> str:
        """Return the mention of what has that name."""
        return f"{self.before}{name}{self.after}"


def mentions_told(descriptions: Iterable[str]) -> list[Mention]:
    """Return the forms that descriptions tell, each once.

    Args:
        descriptions: Of operations.
    """
    found: dict[Mention, None] = {}
    for text in descriptions:
        for each in _FORM.finditer(text):
            word = each["word"].lower()
            kind = each["kind"] or ("" if word in IDENTIFYING_FIELDS else word)
            before = f"{each['before']}{each['gap']}{each['kind'] or ''}{each['mark'] or ''}"
            found[Mention(before, f"{each['gap']}{each['after']}", singular(kind))] = None
    return list(found)


def usual_mentions(kind: str) -> list[Mention]:
    """Return the forms in which templates name an object of a kind, where nothing tells them.

    Args:
        kind: Of what is named.
    """
    usual = (
        ("{{", "}}"),
        ("{{%s:", "}}"),
        ("{{%s.", "}}"),
        ("{{> ", "}}"),
        ("${", "}"),
        ("[[", "]]"),
    )
    return [Mention(before.replace("%s", kind), after, kind) for before, after in usual]
