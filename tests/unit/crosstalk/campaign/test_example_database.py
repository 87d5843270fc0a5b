"""Example databases: one a kind of target, in a folder or in Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakeredis import TcpFakeServer

from crosstalk.campaign.example_database import open_examples
from crosstalk.core.errors import HarnessError


def test_each_kind_of_target_has_its_own(tmp_path: Path) -> None:
    one = open_examples(str(tmp_path), {"mutant": "a"})
    one.save(b"key", b"choices")
    assert list(open_examples(str(tmp_path), {"mutant": "a"}).fetch(b"key")) == [b"choices"]
    assert list(open_examples(str(tmp_path), {"mutant": "b"}).fetch(b"key")) == []
    one.delete(b"key", b"choices")
    assert list(one.fetch(b"key")) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match="file"):
        open_examples(str(tmp_path / "file"), {})


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A server that speaks Redis on loopback."""
    server = TcpFakeServer(("127.0.0.1", 0))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_machines_share_examples_in_redis(redis_url: str) -> None:
    one = open_examples(redis_url, {"mutant": "a"})
    one.save(b"key", b"choices")
    assert list(open_examples(redis_url, {"mutant": "a"}).fetch(b"key")) == [b"choices"]
    assert list(open_examples(redis_url, {"mutant": "b"}).fetch(b"key")) == []


def test_a_redis_that_does_not_answer_is_an_error_of_its_own() -> None:
    with pytest.raises(HarnessError, match="no Redis answers"):
        open_examples("redis://127.0.0.1:1", {})
