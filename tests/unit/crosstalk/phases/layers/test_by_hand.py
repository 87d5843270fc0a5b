"""Lines of shell that make an attempt in SQL again."""

from __future__ import annotations

from typing import Any

from crosstalk.phases.layers.by_hand import psql_lines, recorded


class Connection:
    """Keeps the loggers of a connection, and sends statements to them."""

    def __init__(self) -> None:
        self.loggers: list[Any] = []

    def add_query_logger(self, logger: Any) -> None:
        self.loggers.append(logger)

    def remove_query_logger(self, logger: Any) -> None:
        self.loggers.remove(logger)

    def send(self, query: str, *args: Any) -> None:
        for each in self.loggers:
            each(type("Sent", (), {"query": query, "args": args})())


def test_statements_are_recorded_with_their_values_while_an_attempt_lasts() -> None:
    connection = Connection()
    with recorded(connection) as statements:
        connection.send("BEGIN;")
        connection.send("SELECT set_config('app.user_id', $1, true)", "o'brien")
        connection.send("SELECT $2, $1", ["a", 1], None)
    connection.send("SELECT 1")
    assert statements == [
        "BEGIN;",
        "SELECT set_config('app.user_id', 'o''brien', true)",
        "SELECT NULL, ARRAY['a', 1]",
    ]


def test_psql_lines_name_the_login_as_a_variable_and_end_each_statement() -> None:
    lines = psql_lines("mcp", ["BEGIN;", "SELECT * FROM tasks", "ROLLBACK;"])
    assert lines == (
        "# MCP_DATABASE_URL=postgresql://...   as the service 'mcp' logs in",
        "psql \"$MCP_DATABASE_URL\" <<'SQL'",
        "BEGIN;",
        "SELECT * FROM tasks;",
        "ROLLBACK;",
        "SQL",
    )
