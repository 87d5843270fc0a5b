"""Tables as texts: what an import takes, by the columns that its description names."""

from __future__ import annotations

import re
from collections.abc import Callable

from crosstalk.core.identifiers import last_name
from crosstalk.generator.values.refusals import usual_values
from crosstalk.surface.operation import Operation, Parameter

_ABOUT = re.compile(r"\b(?:csv|tsv|lines?|rows?|table|spreadsheet|imports?)\b", re.IGNORECASE)
_COLUMNS = re.compile(
    r"\b(?:columns?|headers?|header (?:row|line))\b\s*(?:are|is|named|called)?[\s:('\"`]*"
    r"(?P<names>[a-z_]\w*(?:['\"`]?\s*(?:,|\band\b)\s*(?:and\s+)?['\"`]?[a-z_]\w*){1,12})",
    re.IGNORECASE,
)
# "one a line, as day;work;cost"
_ONE_A_LINE = re.compile(
    r"\b(?:one|each|every)\b[^.;\n]{0,20}\bline\b[^.;\n]{0,20}?(?:\bas|\blike|:)\s+['\"`]?"
    r"(?P<row>[a-z_]\w*\s*(?P<mark>[;|,\t])\s*[a-z_]\w*(?:\s*(?P=mark)\s*[a-z_]\w*){0,10})",
    re.IGNORECASE,
)
_HOLDING = re.compile(r"^(?:text|csv|tsv|data|content|rows?|lines?|table|file|body|import\w*)$")
_NAME = re.compile(r"[a-z_]\w*", re.IGNORECASE)
_MOST = 12


def table_for(
    operation: Operation, parameter: Parameter, common: str, plant: Callable[[], str]
) -> str | None:
    """Return a table with a header and one row, where the description asks for its columns; the row
    alone, where it says how a line is written.

    Args:
        operation: An import, e.g. "imports lines with the columns name, email, company".
        parameter: Takes the table.
        common: A word that stands before the marker in columns of text.
        plant: Returns a new marker.
    """
    said = f"{operation.extra.get('about', '')} {parameter.schema.get('description', '')}"
    found = _COLUMNS.search(said)
    if not _ABOUT.search(said) or not _HOLDING.match(last_name(parameter.name)):
        return None
    line = _ONE_A_LINE.search(said)
    if line is not None:
        mark, marker = line.group("mark"), plant()
        names = [each.strip() for each in line.group("row").split(mark)]
        return mark.join(_cell(each, f"{common} {marker}", marker, mark) for each in names)
    if found is None:
        return None
    names = [each for each in _NAME.findall(found.group("names")) if each.lower() != "and"][:_MOST]
    marker = plant()
    cells = [_cell(each, f"{common} {marker}", marker) for each in names]
    return f"{','.join(names)}\n{','.join(cells)}\n"


def _cell(name: str, text: str, marker: str, mark: str = ",") -> str:
    usual = [str(each) for each in usual_values(name)]
    if usual and "@" in usual[0]:
        return f"{marker}@example.com"
    return next((each for each in usual if mark not in each), text)
