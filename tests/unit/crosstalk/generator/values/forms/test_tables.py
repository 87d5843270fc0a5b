"""Tables for imports, by what their descriptions say."""

from __future__ import annotations

import pytest

from crosstalk.generator.values.forms.tables import table_for
from crosstalk.surface.operation import Operation, Parameter, Role

TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)


@pytest.mark.parametrize(
    ("about", "table"),
    [
        (
            "Imports lines with the columns name, email, company; read import_report afterwards.",
            "name,email,company\nnote x,x@example.com,note x\n",
        ),
        (
            "Upload a CSV. Columns: `title`, `due_date` and `tag`.",
            "title,due_date,tag\nnote x,2030-01-01,note x\n",
        ),
        (
            "Import services: one a line, as day;work;cost. Known ones are skipped.",
            "2030-01-01;note x;note x",
        ),
        ("Adds columns of figures, as many as there are.", None),
        ("Stores a note.", None),
    ],
)
def test_import_is_given_the_columns_that_its_description_names(
    about: str, table: str | None
) -> None:
    operation = Operation("mcp", "mcp:import", (TEXT,), reads_only=False, extra={"about": about})
    assert table_for(operation, TEXT, "note", lambda: "x") == table
    title = Parameter("title", {"type": "string"}, True, Role.TEXT)
    assert table_for(operation, title, "note", lambda: "x") is None
