"""Other versions of declared readings, against answers by path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.rest.other_versions import other_versions
from crosstalk.surface.rest.request import RequestForm

USER = Presented({"Authorization": "Bearer t"})
ID = Parameter("order_id", {"type": "string"}, True, Role.REFERENCE)


def reading(path: str, method: str = "GET") -> Operation:
    form = RequestForm(method, f"http://host{path}", {"order_id": [("path", "order_id")]}, {})
    return Operation(
        "rest", f"rest:{method} {path}", (ID,), reads_only=method == "GET", extra={"form": form}
    )


V2 = reading("/api/v2/orders/{order_id}")
DECLARED = {V2.name: V2}


def missing(path: str) -> Answer:
    return Answer(Outcome.ERROR, 404, {"detail": f"Cannot GET {path}"})


class Server:
    """Answers of version 1 to a user and to a stranger."""

    def __init__(self, user: Answer | None, stranger: Answer | None = None) -> None:
        self.user, self.stranger = user, stranger
        self.asked: list[str] = []

    def __call__(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        form = operation.extra["form"]
        url = form.url.replace("{order_id}", str(arguments.get("order_id")))
        self.asked.append(url)
        is_there = "/api/v1/orders/" in url
        known = self.stranger if presented is NOTHING else self.user
        return known if is_there and known else missing(url.removeprefix("http://host"))


NO_ORDER = Answer(Outcome.ERROR, 404, {"detail": "order not found"})
NO_LOGIN = Answer(Outcome.ERROR, 401, {"detail": "not signed in"})


@pytest.mark.parametrize("server", [Server(NO_ORDER), Server(NO_ORDER, NO_LOGIN)])
def test_an_older_version_that_answers_otherwise_than_no_path_is_there(server: Server) -> None:
    (found,) = other_versions(DECLARED, server, USER)
    assert found.name == "rest:GET /api/v1/orders/{order_id}"
    assert (found.parameters, found.unannounced) == ((ID,), True)
    assert found.extra["form"].url == "http://host/api/v1/orders/{order_id}"


@pytest.mark.parametrize(
    "server",
    [
        Server(None),
        Server(Answer(Outcome.ERROR, 410, None), NO_LOGIN),
        Server(Answer(Outcome.ERROR, 301, None), Answer(Outcome.ERROR, 301, None)),
    ],
)
def test_a_version_that_is_not_there_or_gone_or_moved_is_none(server: Server) -> None:
    assert other_versions(DECLARED, server, USER) == []


def test_declared_versions_and_paths_without_one_are_not_asked_for() -> None:
    server = Server(NO_ORDER)
    both = {each.name: each for each in (V2, reading("/api/v1/orders/{order_id}"))}
    assert other_versions(both, server, USER) == []
    assert not any("/v1/orders/" in each for each in server.asked)
    before = len(server.asked)
    plain = (reading("/orders/{order_id}"), reading("/api/v2/orders/{order_id}", "DELETE"))
    assert other_versions({each.name: each for each in plain}, server, USER) == []
    assert len(server.asked) == before
