"""Other versions of declared readings: `/v1/orders/{id}` beside `/v2/orders/{id}`.

An older version is often left running and not described, with the checks that it had then. Each
reading of a path with a version is asked for under the versions beside it, once by a user and once
by a stranger, with an id that no object has. It is there where the answer is another than for a
path of that version which cannot exist; what is gone, or has moved, is not.
"""

from __future__ import annotations

import json
import re
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from crosstalk.core.history import Answer
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter
from crosstalk.surface.rest.request import RequestForm

Ask = Callable[[Operation, Mapping[str, Any], Presented], Answer]

_VERSION = re.compile(r"(?<=/)v(\d{1,2})(?=/)", re.IGNORECASE)
# Readings that are asked for under one version, and seconds that all may take.
_MOST_OF_A_VERSION, _SECONDS = 12, 6.0
# Statuses that say the same of every path: not there, not for this method, gone, elsewhere.
_NOT_THERE = frozenset({405, 410, 501})
# A number that no object has.
_NO_NUMBER = 987_654_321


def other_versions(
    operations: Mapping[str, Operation],
    ask: Ask,
    presented: Presented,
    clock: Callable[[], float] = time.monotonic,
) -> list[Operation]:
    """Return the readings that are there under another version, and are not declared.

    Args:
        operations: What is declared.
        ask: Makes one request.
        presented: What a user presents.
        clock: Seconds on a monotonic clock.
    """
    ends = clock() + _SECONDS
    found: list[Operation] = []
    asked: dict[str, list[Operation]] = {}
    for operation in operations.values():
        for prefix, sibling in _siblings(operation):
            if sibling.name not in operations:
                asked.setdefault(prefix, []).append(sibling)
    for prefix, siblings in asked.items():
        usual = None
        for sibling in siblings[:_MOST_OF_A_VERSION]:
            if clock() >= ends:
                return found
            if usual is None:
                usual = [_shape(each, {}) for each in _of_no_path(sibling, prefix, ask, presented)]
            arguments = {each.name: _of_none(each) for each in sibling.parameters if each.required}
            answers = [ask(sibling, arguments, each) for each in (presented, NOTHING)]
            there = all(map(_may_be, answers))
            if there and [_shape(each, arguments) for each in answers] != usual:
                found.append(sibling)
    return found


def _siblings(operation: Operation) -> Iterator[tuple[str, Operation]]:
    """Yield a reading under the versions beside its own, each with where that version begins."""
    form = operation.extra.get("form")
    if not isinstance(form, RequestForm) or form.method != "GET":
        return
    if not operation.reads_only or operation.pushes or operation.extra.get("page"):
        return
    address = operation.name.partition(":")[2]
    here, version = _VERSION.search(form.url), _VERSION.search(address)
    if here is None or version is None or "{" in form.url[: here.start()]:
        return
    number = int(here.group(1))
    for other in (number - 1, number + 1):
        if other < 0:
            continue
        url = f"{form.url[: here.start()]}v{other}{form.url[here.end() :]}"
        name = f"{address[: version.start()]}v{other}{address[version.end() :]}"
        extra = {**operation.extra, "form": replace(form, url=url)}
        prefix = url[: here.start()] + f"v{other}/"
        # Nothing says that it is offered.
        yield (
            prefix,
            replace(
                operation,
                name=f"{operation.name.partition(':')[0]}:{name}",
                unannounced=True,
                extra=extra,
            ),
        )


def _of_no_path(
    sibling: Operation, prefix: str, ask: Ask, presented: Presented
) -> Iterator[Answer]:
    """Yield what a user and a stranger are answered for a path that cannot exist."""
    form = RequestForm("GET", f"{prefix}{secrets.token_hex(6)}/{secrets.token_hex(6)}", {}, {})
    nowhere = replace(sibling, parameters=(), extra={"form": form})
    for each in (presented, NOTHING):
        yield ask(nowhere, {}, each)


def _may_be(answer: Answer) -> bool:
    status = answer.status or 599
    return status not in _NOT_THERE and not 300 <= status < 400 and status < 500


def _shape(answer: Answer, arguments: Mapping[str, Any]) -> tuple[int | None, str]:
    """Return an answer without what was asked for."""
    text = json.dumps(answer.body, default=str)
    for value in arguments.values():
        text = text.replace(str(value), "")
    # A framework repeats the path that it does not know.
    return answer.status, re.sub(r"/[\w./-]*", "/", text)


def _of_none(parameter: Parameter) -> Any:
    """Return a value that names nothing."""
    kind = parameter.schema.get("type")
    if kind in ("integer", "number"):
        return _NO_NUMBER
    if kind == "boolean":
        return False
    return str(uuid.uuid4()) if parameter.schema.get("format") == "uuid" else secrets.token_hex(8)
