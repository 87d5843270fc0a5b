"""ChatKit threads over HTTP: one path, requests told apart by their type.

The protocol describes itself nowhere, so the operations are written here, as OpenAI's ChatKit sends
them. Arguments are flat (`thread_id`, `item_id`, `text`); this module puts them where the protocol
wants them, spoiled ones included. Answers that stream are read to their end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from crosstalk.core.history import Answer
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.http.classification import answer_of
from crosstalk.surface.http.exchange import client, unreachable, unsendable
from crosstalk.surface.http.json_text import encode
from crosstalk.surface.operation import Operation, Parameter, Role

_THREAD = Parameter("thread_id", {"type": "string", "format": "uuid"}, True, Role.REFERENCE)
_ITEM = Parameter("item_id", {"type": "string", "format": "uuid"}, True, Role.REFERENCE)
_TEXT = Parameter("text", {"type": "string", "maxLength": 4_000}, True, Role.TEXT)
_TITLE = Parameter("title", {"type": "string", "maxLength": 200}, True, Role.TEXT)
_KIND = Parameter("kind", {"enum": ["positive", "negative"]}, True, Role.VALUE)
_PAGE = (
    Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100}, False, Role.VALUE),
    Parameter("order", {"enum": ["asc", "desc"]}, False, Role.VALUE),
    Parameter("after", {"type": "string", "format": "uuid"}, False, Role.CURSOR),
)
# Request type to its parameters; the second group changes nothing.
_WRITES = {
    "threads.create": (_TEXT,),
    "threads.add_user_message": (_THREAD, _TEXT),
    "threads.retry_after_item": (_THREAD, _ITEM),
    "threads.update": (_THREAD, _TITLE),
    "threads.delete": (_THREAD,),
    "items.feedback": (_THREAD, _ITEM, _KIND),
}
_READS = {
    "threads.list": _PAGE,
    "threads.get_by_id": (_THREAD,),
    "items.list": (_THREAD, *_PAGE),
}
_ANSWERED_BY_A_MODEL = frozenset({"threads.create", "threads.add_user_message"})


class ChatKitSurface:
    """The threads of one ChatKit server.

    Args:
        url: The endpoint.
        timeout: Seconds for one call.
    """

    def __init__(self, url: str, *, timeout: float = 30.0) -> None:
        self._url = url
        self._http = client(timeout)

    def discover(self) -> list[Operation]:
        """Return the protocol's operations, if a server answers there.

        Raises:
            SurfaceError: None does.
        """
        try:
            response = self._http.post(self._url, json={"type": "threads.list", "params": {}})
        except httpx2.HTTPError as error:
            raise SurfaceError(
                f"no ChatKit server answers at {self._url} ({type(error).__name__})"
            ) from error
        if response.status_code in (404, 405):
            raise SurfaceError(f"there is no ChatKit at {self._url} (HTTP {response.status_code})")
        return [
            Operation(
                surface="chatkit",
                name=f"chatkit:{kind}",
                parameters=parameters,
                reads_only=kind in _READS,
                lists=kind == "threads.list",
                conversational=kind in _ANSWERED_BY_A_MODEL,
            )
            for kind, parameters in {**_WRITES, **_READS}.items()
        ]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Send one request."""
        message = request(operation.name.split(":", 1)[1], arguments)
        try:
            response = self._http.post(
                self._url,
                content=encode(message),
                headers={"Content-Type": "application/json", **presented.header_fields()},
            )
        except httpx2.HTTPError as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return unsendable(f"body or header is not expressible ({type(error).__name__})")
        return answer_of(response)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def request(kind: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request of the protocol with these arguments, whatever they are."""
    params = dict(arguments)
    if "text" in params:
        params["input"] = {
            "content": [{"type": "input_text", "text": params.pop("text")}],
            "attachments": [],
            "inference_options": {},
        }
    if kind == "items.feedback" and "item_id" in params:
        params["item_ids"] = [params.pop("item_id")]
    return {"type": kind, "params": params}
