"""A sample counts for the part of its innermost frame that belongs to one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.chat_parts.__main__ import REST, by_part, part_of, read_samples, table
from crosstalk.core.errors import HarnessError

_SITE = "/lib/site-packages"


@pytest.mark.parametrize(
    ("files", "part"),
    [
        (["/lib/python3/json/encoder.py", f"{_SITE}/sqlalchemy/x.py"], "question and answer"),
        (["/x/system/store/quotas.py", "/x/system/backend/agent/answer_loop.py"], "question"),
        (["/x/system/backend/agent/http_client.py", f"{_SITE}/openai/_client.py"], "HTTP"),
        ([f"{_SITE}/pydantic/main.py", "/x/system/wire/logs.py"], "gate"),
        (["/x/system/wire/logs.py", f"{_SITE}/starlette/routing.py"], "log"),
        ([f"{_SITE}/agents/run.py"], "the agents SDK"),
        (["/x/system/backend/agent/toolbox.py"], "the bridge"),
        (["/x/system/backend/agent/answer_loop.py"], "an answer's turns"),
        (["/lib/python3/asyncio/events.py"], REST),
    ],
)
def test_a_sample_counts_for_its_innermost_known_frame(files: list[str], part: str) -> None:
    assert part_of(files).startswith(part)


def test_time_is_shared_out_by_samples_and_nothing_is_lost() -> None:
    parts = by_part([(["/a/aiohttp/client.py"], 3), (["/a/none.py"], 1)], 8.0)
    assert parts["HTTP to the model and to the tools"] == 6.0
    assert parts[REST] == 2.0
    assert sum(parts.values()) == 8.0
    assert table(parts).splitlines()[-1] == "| all | 8.00 |"
    with pytest.raises(ValueError, match="nothing was sampled"):
        by_part([], 8.0)


def test_missing_samples_are_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="wrote no samples to "):
        read_samples(tmp_path / "samples.json", 0.1)


def test_samples_are_read_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps([[["a.py", "b.py"], 3]]))
    assert read_samples(tmp_path / "s.json") == [(["a.py", "b.py"], 3)]
