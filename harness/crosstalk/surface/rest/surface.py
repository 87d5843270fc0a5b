"""REST operations of one server, as its OpenAPI document describes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx2

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.graphql import graphql_operations
from crosstalk.surface.graphql.form import GraphQLForm
from crosstalk.surface.http.classification import answer_of
from crosstalk.surface.http.event_stream import is_stream
from crosstalk.surface.http.exchange import client, unreachable, unsendable
from crosstalk.surface.operation import Operation
from crosstalk.surface.pages.crawl import Walk, crawled, leads_to_login
from crosstalk.surface.pages.fields import ids_of_choices
from crosstalk.surface.pages.following import led_to
from crosstalk.surface.pages.html import page_of
from crosstalk.surface.recordings import RecordedRequest
from crosstalk.surface.rest.document import NO_HEADERS, OldDocumentError, fetched, nothing
from crosstalk.surface.rest.links import Addresses
from crosstalk.surface.rest.operations import operations_of
from crosstalk.surface.rest.pushed import PushedStreams, read_for_a_while
from crosstalk.surface.rest.recorded import recorded_paths
from crosstalk.surface.rest.request import Request, RequestForm, UnsendableError
from crosstalk.surface.wire_requests import overhear

_Read = TypeVar("_Read")
_LEADS = frozenset({301, 302, 303})


class RestSurface:
    """The REST operations of one server.

    Args:
        origin: Where the document's path begins.
        document: Path or URL of its OpenAPI document.
        base: Where the operations' paths begin; what the document says by default.
        chat_paths: Paths whose text goes to a model; they form a surface of their own.
        elsewhere: Paths that another surface speaks for.
        timeout: Seconds for one call.
        also: Operations that the document leaves out, e.g. `GET /partner/notes`.
        documents: URLs of further documents.
        streams: Streams that are pushed, e.g. `GET /events` or `WS /updates`.
        graphql: URL of a GraphQL endpoint of the same server, whose fields are operations too.
        recorded: Requests whose operations are taken as well, where no document has them.
        walk: A walk through the server's pages, whose links and forms are operations too.
        reader: Returns what a user presents, where a stranger may not read what describes it.
    """

    def __init__(
        self,
        origin: str,
        *,
        document: str = "/openapi.json",
        base: str = "",
        chat_paths: tuple[str, ...] = ("/api/chat",),
        elsewhere: tuple[str, ...] = (),
        timeout: float = 30.0,
        also: Sequence[str] = (),
        documents: Sequence[str] = (),
        streams: Sequence[str] = (),
        graphql: str = "",
        recorded: Sequence[RecordedRequest] = (),
        walk: Walk | None = None,
        reader: Callable[[], Presented] | None = None,
    ) -> None:
        self._document = urljoin(origin.rstrip("/") + "/", document.lstrip("/")) if document else ""
        self._graphql = graphql
        self._base = base
        self._chat_paths = chat_paths
        self._elsewhere = elsewhere
        self._http = client(timeout)
        self._also = tuple(also)
        self._documents = tuple(documents)
        self._recorded = tuple(recorded)
        self._streams = tuple(streams)
        self._pushed = PushedStreams()
        # Operations whose stream of events had no end.
        # Streams without an end, by operation and the arguments given: one may be for how long.
        self._endless: set[tuple[str, frozenset[str]]] = set()
        self._addresses = Addresses(())
        self._walk = walk
        self._reader = reader
        self._refusing: frozenset[str] = frozenset()

    def discover(self) -> list[Operation]:
        """Return the server's operations.

        Raises:
            SurfaceError: There is no OpenAPI document, no GraphQL that answers introspection, or no
                page where a walk begins.
        """
        read = (
            self._as_reader(partial(fetched, self._http, self._document))
            if self._document
            else nothing(self._graphql or self._base)
        )
        paths = [each.partition(" ")[2] for each in self._streams]
        document = read.with_operations([*self._also, *(f"GET {each}" for each in paths)])
        prefix = urlsplit(self._base or document.server()).path
        known = list(document.root["paths"])
        document = document.with_paths(recorded_paths(self._recorded, known, prefix))
        if self._walk is not None:
            walked = crawled(self._http, self._base or document.server(), self._walk)
            self._refusing = frozenset(walked.refusing)
            document = document.beside_own(walked.items)
        found = operations_of(
            document,
            base=self._base,
            chat_paths=self._chat_paths,
            elsewhere=self._elsewhere,
        )
        found = [self._as_stream(each) for each in found]
        titles = {each.name for each in found}
        for url in self._documents:
            beside = self._as_reader(partial(fetched, self._http, url))
            further = operations_of(beside, chat_paths=self._chat_paths)
            found += [each for each in further if each.name not in titles]
        if self._graphql:
            found += self._as_reader(partial(graphql_operations, self._http, self._graphql))
        self._addresses = Addresses(each.extra["form"].url for each in found)
        return found

    def _as_reader(self, read: Callable[[Mapping[str, str]], _Read]) -> _Read:
        """Read as a stranger what describes the server, and as a user where that is refused."""
        try:
            return read(NO_HEADERS)
        except OldDocumentError:
            raise
        except SurfaceError:
            presented = self._reader() if self._reader is not None else None
            if presented is None or not presented.headers:
                raise
            return read(presented.headers)

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Make one request."""
        form: RequestForm | GraphQLForm = operation.extra["form"]
        try:
            made = form.request(arguments, presented)
            pushed = operation.extra.get("pushes")
            asked = operation.name, frozenset(arguments)
            if pushed or asked in self._endless:
                return self._pushed.received(made, websocket=pushed == "websocket")
            answer, endless = self._exchanged(operation, form.method, made)
            self._endless |= {asked} if endless else set()
        except UnsendableError as error:
            return unsendable(str(error))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return unsendable(f"a header is not expressible ({type(error).__name__})")
        if isinstance(form, GraphQLForm):
            return form.read(answer)
        if operation.extra.get("page"):
            return self._of_page(form.method, made, answer)
        linked = self._addresses.linked(answer.headers)
        return replace(answer, linked={**answer.linked, **linked}) if linked else answer

    def close(self) -> None:
        """Close the connections."""
        self._pushed.close()
        self._http.close()

    def _exchanged(self, operation: Operation, method: str, made: Request) -> tuple[Answer, bool]:
        """Send a request and read its answer; of a stream of events what comes at once.

        Returns:
            The answer, and whether it is that of a stream without an end.

        Raises:
            httpx2.HTTPError: There is no answer.
        """
        request = self._http.build_request(
            method, made.url, content=made.content, headers=made.headers
        )
        if method != "GET" or operation.surface != "rest":
            return answer_of(self._http.send(request)), False
        response = self._http.send(request, stream=True)
        if is_stream(response):
            answer, ended = read_for_a_while(request, response)
            return answer, not ended
        response.read()
        overhear(lambda: response.text)
        return answer_of(response), False

    def _of_page(self, method: str, made: Request, answer: Answer) -> Answer:
        """Return what a page or a form answered with, as a person takes it.

        A form that was taken leads to another page (RFC 9110, section 15.4.4), which may tell that
        it was refused; a caller who is not let in is led to the login.
        """
        linked: dict[str, Any] = dict(self._addresses.linked(answer.headers))
        location = answer.headers.get("location", "")
        if location and answer.status in _LEADS and method != "GET":
            cookies = answer.headers.get("set-cookie", "")
            shown = led_to(self._http, made, location, cookies, self._refuses)
            if shown is None or shown.failures:
                said = " ".join(shown.failures) if shown else None
                return replace(answer, message=said or answer.message)
            # The body of a redirect says where it leads, too, and nothing else.
            body = {"location": location, "messages": list(shown.messages)}
            return replace(
                answer, outcome=Outcome.OK, body=body, linked=linked, code=None, message=None
            )
        if answer.outcome is not Outcome.OK or not isinstance(answer.body, str):
            return answer
        page = page_of(answer.body)
        addresses = [*page.links, *(each.action for each in page.forms if each.action)]
        linked |= {**ids_of_choices(page.forms), **self._addresses.named_by(addresses)}
        return replace(answer, body=page.as_value(), linked=linked)

    def _refuses(self, url: str) -> bool:
        return leads_to_login(url, url, self._refusing)

    def _as_stream(self, operation: Operation) -> Operation:
        """Return an operation as a stream that is pushed, where it is one."""
        title = operation.name.partition(":")[2]
        socket = f"WS {title.partition(' ')[2]}"
        if socket in self._streams:
            extra = {**operation.extra, "pushes": "websocket"}
            return replace(operation, name=f"rest:{socket}", unannounced=True, extra=extra)
        if title in self._streams or "pushes" in operation.extra:
            extra = {**operation.extra, "pushes": "events"}
            return replace(operation, unannounced=True, extra=extra)
        return operation
