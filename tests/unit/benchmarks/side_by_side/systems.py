"""A system that no tool is going to reach, for tests of command lines and of reading."""

from __future__ import annotations

from benchmarks.side_by_side.system_under_test import Person, SystemUnderTest

SYSTEM = SystemUnderTest(
    mutant="get-without-filter",
    seed=7,
    backend_url="http://127.0.0.1:8000",
    own_path_url="http://127.0.0.1:9000",
    openapi_url="http://127.0.0.1:8000/openapi.json",
    mcp_url="http://127.0.0.1:8001/mcp",
    relayed_mcp_url="http://127.0.0.1:9001/mcp",
    alice=Person("alice", "token-a-rest", "token-a-mcp"),
    bob=Person("bob", "token-b-rest", "token-b-mcp"),
    task="0198-task",
)
