"""Lists of host names and origins."""

from __future__ import annotations

import pytest

from system.wire.host_guard import NameList, host_entry, origin_entry


@pytest.mark.parametrize(
    ("entry", "host", "listed"),
    [
        ("tasks.example", "tasks.example", True),
        ("tasks.example", "TASKS.example", True),
        ("tasks.example", "tasks.example:8443", False),
        ("tasks.example:8443", "tasks.example:8443", True),
        ("tasks.example:8443", "tasks.example", False),
        ("tasks.example:*", "tasks.example:8443", True),
        ("tasks.example:*", "tasks.example", True),
        ("tasks.example:*", "tasks.example:", False),
        ("tasks.example:*", "tasks.example:evil", False),
        ("tasks.example:*", "tasks.example:80.evil.example", False),
        ("tasks.example:*", "tasks.example.evil.example", False),
        ("tasks.example:*", "evil-tasks.example", False),
        ("tasks.example:*", "user@tasks.example", False),
        ("tasks.example", "tasks.example.", False),
        ("[::1]:*", "[::1]:8001", True),
        ("[::1]:*", "::1", False),
        ("tasks.example", "", False),
    ],
)
def test_host_header_is_compared_whole(entry: str, host: str, listed: bool) -> None:
    assert NameList([host_entry(entry)]).has_host(host) is listed


@pytest.mark.parametrize(
    ("entry", "origin", "listed"),
    [
        ("https://app.example", "https://app.example", True),
        ("https://app.example", "http://app.example", False),
        ("https://app.example", "https://app.example:8443", False),
        ("https://app.example", "https://app.example.evil.example", False),
        ("https://app.example", "null", False),
        ("http://localhost:*", "http://localhost:6274", True),
        ("http://localhost:*", "http://localhost", True),
        ("http://localhost:*", "http://localhost:x", False),
        ("http://localhost:*", "http://localhost:1/path", False),
        ("http://[::1]:*", "http://[::1]:6274", True),
    ],
)
def test_origin_header_is_compared_whole(entry: str, origin: str, listed: bool) -> None:
    assert NameList([origin_entry(entry)]).has_origin(origin) is listed
