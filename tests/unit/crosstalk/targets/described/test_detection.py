"""Detection of a server's transport: what a wrong address is told."""

from __future__ import annotations

import socket

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.environment.runtime.ports import free_port
from crosstalk.surface.credentials import NOTHING
from crosstalk.targets.described.init import detection
from crosstalk.targets.described.init.survey import survey
from tests.unit.crosstalk.targets.described.http_server import Asked, Given, serving_routes


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:{free}/mcp", "nothing answers at .*: is the server running"),
        ("127.0.0.1:8000/mcp", "is not an http:// or https:// URL"),
        ("http://127.0.0.1:99999/mcp", "is not a URL"),
    ],
)
def test_detection_of_a_wrong_address_says_so(url: str, said: str) -> None:
    asked = url.replace("{free}", str(free_port()))
    with pytest.raises(HarnessError, match=said):
        detection.detect(url=asked, command=(), environment={}, presented=NOTHING)


def test_detection_of_an_unreachable_address_waits_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def unreachable(address: tuple[str, int], timeout: float) -> socket.socket:
        waited.append(timeout)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", unreachable)
    with pytest.raises(HarnessError, match="nothing answers"):
        detection.detect(url="http://192.0.2.1/mcp", command=(), environment={}, presented=NOTHING)
    assert waited == [4.0]


def test_address_that_accepts_and_never_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "_REACH_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/mcp"
        with pytest.raises(HarnessError, match="accepts connections and answers nothing"):
            detection.require_reachable(url)


@pytest.mark.parametrize(
    ("location", "followed"), [("/mcp/", "/mcp/"), ("http://192.0.2.1/mcp/", "/mcp")]
)
def test_address_that_a_mounted_application_redirects_is_the_one_it_redirects_to(
    location: str, followed: str
) -> None:
    def moved(_: Asked) -> Given:
        return 307, "", {"Location": location}

    with serving_routes({"OPTIONS /mcp": moved}) as server:
        assert detection.require_reachable(f"{server.url}/mcp") == f"{server.url}{followed}"


def test_argument_that_may_name_an_object_is_no_identity_where_a_credential_proves_it() -> None:
    names = ("namespace", "user_id", "client")
    schema = {"type": "object", "properties": {each: {"type": "string"} for each in names}}
    tools = [{"name": "recall", "inputSchema": schema}]
    assert survey(tools).identity == [*names]
    assert survey(tools, proven=True).identity == ["user_id"]
