"""Tasks: results that a server gives later, awaited for their caller, and asked for by others.

In 2025-11-25 a client asks for a task (`task` in the request, where a tool's
`execution.taskSupport` allows it), looks at it with `tasks/get` and fetches what came of it with
`tasks/result`; the extension of 2026-07-28 (SEP-2663) lets the server decide
(`resultType: "task"`), and `tasks/get` has the result in it.
The id is called `deferred_id` among arguments: tasks are what many users' own objects are called.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.exchange import unreachable, unsendable
from crosstalk.surface.mcp.answers import METHOD_NOT_FOUND, inferred_result, result_of
from crosstalk.surface.mcp.listing import declared_capabilities
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.transports.base import Reply, Transport, TransportError

SURFACE = "mcp-tasks"
# What a request says that is to be done as a task; the time is in ms.
AS_TASK: Mapping[str, Any] = {"ttl": 60_000}
_EXTENSION = "io.modelcontextprotocol/tasks"
_LIST, _GET, _RESULT, _CANCEL = "tasks/list", "tasks/get", "tasks/result", "tasks/cancel"
_ID = "deferred_id"
_UNKNOWN = "crosstalk-unknown-task"
_MOST_LOOKS = 25
_MOST_PAUSE_SECONDS = 0.25
_UNDER_WAY = frozenset({"working", "submitted", "input_required"})


def awaited(transport: Transport, reply: Reply, presented: Presented) -> Reply:
    """Return what came of a reply's task, where it is one; the reply itself otherwise.

    What was said of the task meanwhile is among the unsolicited messages.

    Raises:
        TransportError: No reply came.
    """
    task = task_of(result_of(reply.body))
    if task is None:
        return reply
    identifier, seen = str(task["taskId"]), [task]
    for _ in range(_MOST_LOOKS):
        if str(task.get("status")) not in _UNDER_WAY:
            break
        time.sleep(_pause(task))
        result = result_of(transport.request(_GET, {"taskId": identifier}, presented).body)
        if result is None:
            break
        task = result
        seen.append({key: each for key, each in result.items() if key != "result"})
    if isinstance(task.get("result"), Mapping):
        found = replace(reply, body={"jsonrpc": "2.0", "result": task["result"]})
    elif str(task.get("status")) in _UNDER_WAY:
        found = reply
    else:
        found = transport.request(_RESULT, {"taskId": identifier}, presented)
    unsolicited = (*reply.unsolicited, *seen, *found.unsolicited)
    return replace(found, unsolicited=unsolicited, task_id=identifier)


def task_of(result: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return the task that a result stands for; None for any other result."""
    if result is None:
        return None
    inner = result.get("task")
    if isinstance(inner, Mapping) and inner.get("taskId") and "content" not in result:
        return inner
    if result.get("resultType") == "task" and result.get("taskId"):
        return result
    return None


def with_task(answer: Answer, reply: Reply) -> Answer:
    """Return the answer with the id of its task, which can be given to other calls."""
    task = task_of(result_of(reply.body))
    identifier = reply.task_id or (str(task["taskId"]) if task is not None else "")
    return replace(answer, linked={**answer.linked, _ID: [identifier]}) if identifier else answer


class McpTasksSurface:
    """The tasks of one MCP server.

    Args:
        transport: Carries the messages.
        discovery: What is presented to find out whether it has any.
        answer: Reads replies.
    """

    def __init__(
        self,
        transport: Transport,
        discovery: Presented,
        *,
        answer: Callable[[Reply], Answer] = inferred_result,
    ) -> None:
        self._transport = transport
        self.discovery = discovery
        self._answer = answer

    def discover(self) -> list[Operation]:
        """Return the methods on tasks, where the server says that it has tasks; perhaps none."""
        if not self._has_tasks():
            return []
        identifier = Parameter(_ID, {"type": "string"}, True, Role.REFERENCE)
        candidates = [
            _operation(_LIST),
            _operation(_GET, identifier),
            _operation(_RESULT, identifier),
            # A task that is over cannot be cancelled, and most are over soon.
            replace(_operation(_CANCEL, identifier), reads_only=False, unannounced=True),
        ]
        return [each for each in candidates if self._knows(each)]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """List, look at, fetch or cancel."""
        params = {"taskId": arguments[_ID]} if arguments.get(_ID) is not None else {}
        try:
            reply = self._transport.request(str(operation.extra["method"]), params, presented)
        except TransportError as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return unsendable(f"argument or header is not expressible ({type(error).__name__})")
        answer = self._answer(reply)
        if operation.extra["method"] == _LIST and isinstance(answer.body, Mapping):
            tasks = [each for each in answer.body.get("tasks") or () if isinstance(each, Mapping)]
            found = [str(each["taskId"]) for each in tasks if each.get("taskId")]
            return replace(answer, linked={_ID: found}) if found else answer
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _has_tasks(self) -> bool:
        capabilities = declared_capabilities(self._transport, self.discovery)
        return "tasks" in capabilities or _EXTENSION in (capabilities.get("extensions") or {})

    def _knows(self, operation: Operation) -> bool:
        needed = {each.name: _UNKNOWN for each in operation.parameters}
        answer = self.call(operation, needed, self.discovery)
        return answer.code != METHOD_NOT_FOUND and answer.outcome is not Outcome.UNREACHABLE


def _operation(method: str, *parameters: Parameter) -> Operation:
    return Operation(
        surface=SURFACE,
        name=f"mcp:{method}",
        parameters=parameters,
        reads_only=True,
        lists=not parameters,
        extra={"method": method},
    )


def _pause(task: Mapping[str, Any]) -> float:
    """Seconds until a task is looked at again; the server's interval is in ms."""
    interval = task.get("pollInterval") or task.get("pollIntervalMs")
    said = interval / 1_000 if isinstance(interval, int | float) else _MOST_PAUSE_SECONDS
    return min(_MOST_PAUSE_SECONDS, max(0.01, said))
