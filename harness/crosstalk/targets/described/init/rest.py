"""Describes a REST API by its OpenAPI document: login, sign-up, public and costly operations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urljoin, urlsplit

from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import singular, stem_of
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.graphql.form import GraphQLForm
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.rest import RestSurface
from crosstalk.surface.rest.document import NO_HEADERS, OldDocumentError
from crosstalk.targets.described.guesses import (
    PASSWORD,
    is_login,
    is_renewal,
    makes_accounts,
)
from crosstalk.targets.described.init.detection import require_reachable
from crosstalk.targets.described.init.pages import (
    START,
    login_and_sign_up,
    page_operations,
    tried_pages,
)
from crosstalk.targets.described.init.policy import Offered, sharing_among
from crosstalk.targets.described.init.rest_login import LoginTrial, tried
from crosstalk.targets.described.init.rest_unproven import Unproven, unproven

_SECONDS = 5.0
# Readings that show how a token travels.
_READINGS = 3
_MONEY = r"pay|payment|checkout|charge|billing|subscri|purchase|refund"
# Words of paths whose calls cost money, or reach people outside.
_COSTLY = {
    "it may cost money": _MONEY,
    "it may send mail or messages": r"mail|invite|invitation|sms|notify|newsletter|send|share",
    "it may ask a paid model": r"chat|completion|prompt|generate",
    "it may end the session or the account": r"logout|sign_?out|revoke|deactivate",
}
_DOCUMENT = re.compile(r"\.(?:json|ya?ml)$|openapi|swagger|api-docs|/schema/?$", re.IGNORECASE)
_GRAPHQL = re.compile(r"graphi?ql/?$", re.IGNORECASE)
USUAL_GRAPHQL = ("/graphql", "/api/graphql")
# Where frameworks serve the document of a host.
USUAL_DOCUMENTS = (
    *("/openapi.json", "/api/openapi.json", "/v1/openapi.json", "/api/v1/openapi.json"),
    *("/schema/openapi.json", "/docs/openapi.json", "/openapi.yaml", "/v3/api-docs"),
    *("/swagger.json", "/swagger/v1/swagger.json", "/openapi/v1.json", "/api-docs"),
    *("/api-docs.json", "/api-json", "/docs-json", "/api/schema/", "/schema/", "/openapi"),
)


@dataclass(slots=True)
class RestSurvey:
    """The guesses of a REST API.

    Attributes:
        url: URL of its document, or of its GraphQL endpoint.
        operations: Its operations.
        login: The operation that takes a password and logs a user in, if there is one.
        register: The operation that creates an account, if there is one.
        refresh: The operation that gives a new token for a refresh token, if there is one.
        identity: Parameters that name the user whose data is meant.
        public: Operations that the document exempts from its security.
        skip: Operations that are better not called, each with the reason.
        graphql: Whether it is GraphQL.
        trial: Where the login's answers have what matters, as one account showed.
        pages: Addresses where walks through pages begin; `url` is the server's then.
        basic: Whether name and password travel with every request (RFC 7617).
        unproven: What names the caller where no credential proves it, as a reading showed.
    """

    url: str
    operations: list[Operation]
    login: Operation | None = None
    register: Operation | None = None
    refresh: Operation | None = None
    identity: list[str] = field(default_factory=list)
    public: list[str] = field(default_factory=list)
    skip: dict[str, str] = field(default_factory=dict)
    trial: LoginTrial | None = None
    graphql: bool = False
    pages: tuple[str, ...] = ()
    basic: bool = False
    unproven: Unproven | None = None

    @property
    def kind(self) -> str:
        """Return what describes it."""
        if self.pages:
            return "pages"
        return "GraphQL" if self.graphql else "OpenAPI"


def survey_rest(
    url: str,
    *,
    probing: bool = False,
    account: tuple[str, str] | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
) -> RestSurvey | None:
    """Survey the REST API whose document is at a URL, or at a usual path of a host.

    Args:
        url: Of the document, the GraphQL endpoint or the host.
        probing: Whether one account may be made and logged in, to see what that answers.
        account: Name and password of one that exists, where users do not sign themselves up.
        headers: What a user presents, where a stranger may not read the document.

    Returns:
        The guesses; None where the URL is not that of a document. Another URL is not asked, because
        an event stream would never end.

    Raises:
        HarnessError: No server answers there.
        SurfaceError: The URL is one of a document, and there is none; or all that a host has is a
            document of an older version.
    """
    path = urlsplit(url).path
    named = _DOCUMENT.search(path) is not None or _GRAPHQL.search(path) is not None
    if not named and path.strip("/"):
        return None
    require_reachable(url)
    old: OldDocumentError | None = None
    reader = partial(Presented, headers)
    usual = (*USUAL_DOCUMENTS, *USUAL_GRAPHQL)
    for candidate in [url] if named else [urljoin(url, each) for each in usual]:
        graphql = _GRAPHQL.search(urlsplit(candidate).path) is not None
        surface = (
            RestSurface("", document="", graphql=candidate, timeout=_SECONDS, reader=reader)
            if graphql
            else RestSurface(candidate, document=candidate, timeout=_SECONDS, reader=reader)
        )
        try:
            found = guessed(candidate, surface.discover())
            found.graphql = graphql
            if probing:
                _try_login(found, account)
            return found
        except OldDocumentError as error:
            if named:
                raise
            old = old or error
        except SurfaceError:
            if named:
                raise
        finally:
            surface.close()
    if old is not None:
        raise old
    return _survey_pages(url, probing=probing)


def is_host(url: str) -> bool:
    """Return whether a URL names a host alone, and no document or endpoint of it."""
    return not urlsplit(url).path.strip("/")


def tried_addresses() -> str:
    """Return where a host is asked for a document or a GraphQL endpoint, in words."""
    return (
        f"no OpenAPI document at {', '.join(USUAL_DOCUMENTS)}, no GraphQL at "
        f"{', '.join(USUAL_GRAPHQL)}"
    )


def _survey_pages(url: str, *, probing: bool) -> RestSurvey | None:
    """Survey a server that has no document by its pages; None where it has none."""
    split = urlsplit(url)
    origin = f"{split.scheme}://{split.netloc}"
    operations = page_operations(origin)
    if not operations:
        return None
    found = RestSurvey(origin, operations, pages=(START,))
    found.login, found.register = login_and_sign_up(operations)
    if probing and found.login is not None:
        found.trial = tried_pages(origin, found.login, found.register)
    return found


def _try_login(found: RestSurvey, account: tuple[str, str] | None) -> None:
    """Log a user in, where a login was guessed, or sign one up where that gives a token."""
    readings = [each for each in found.operations if each.lists and each.reads_only]
    if found.login is not None:
        found.trial = tried(found.login, found.register, readings[:_READINGS], account)
        _learn_identity(found)
    elif found.register is not None and not found.basic:
        trial = tried(found.register, None, readings[:_READINGS])
        if trial.token or (trial.cookie and not trial.refused):
            # An API key is given out when an account is made, and there is no other login.
            found.login, found.register, found.trial = found.register, None, trial
    if found.login is None and not (found.basic or found.graphql):
        found.unproven = unproven(found.operations, found.identity)


def guessed(url: str, operations: Sequence[Operation]) -> RestSurvey:
    """Guess from the operations of a document."""
    found = RestSurvey(url, list(operations))
    with_password = [each for each in operations if _password_in(each) and not each.reads_only]
    schemes = [one for each in operations for one in each.extra.get("schemes", ())]
    found.basic = any(str(each.get("scheme")).lower() == "basic" for each in schemes)
    found.login = next((each for each in with_password if is_login(title(each))), None)
    found.register = next(
        (
            each
            for each in with_password
            if each is not found.login and makes_accounts(title(each)) and "{" not in title(each)
        ),
        None,
    ) or next(
        (
            each
            for each in operations
            if not (found.login or each.reads_only or "{" in title(each))
            and each.public
            and makes_accounts(title(each))
        ),
        None,
    )
    found.refresh = next(
        (each for each in operations if not each.reads_only and is_renewal(title(each))), None
    )
    secured = any(not each.public for each in operations)
    accounts = (found.login, found.register)
    sharing = sharing_among(map(offered, operations))
    for operation in operations:
        name = title(operation)
        found.identity += [
            each.name
            for each in operation.parameters
            if each.role is Role.IDENTITY and each.name not in found.identity
        ]
        if operation in accounts:
            found.skip[name] = "it is the login, or makes accounts"
            continue
        if operation is found.refresh:
            found.skip[name] = "it ends a session's token"
            continue
        reason = _costs(operation)
        # What the file proposes as a policy is called, or the policy could not be tried.
        if reason and name not in sharing and not _is_record(operation, operations):
            found.skip[name] = reason
        elif secured and operation.public:
            found.public.append(name)
    return found


def _learn_identity(found: RestSurvey) -> None:
    """Take path parameters for identities that name what a login's answers give the id of.

    A login that answers with `patient.id` knows users as patients: `/patients/{patient_id}/visits`
    names the user whose data is meant.
    """
    trial = found.trial or LoginTrial()
    holders = [re.split(r"[.\[]", each)[-2] for each in (trial.id, trial.registered_id) if each]
    nouns = {singular(each) for each in holders if each.isidentifier()} - {"data", "result"}
    for operation in found.operations:
        form = operation.extra["form"]
        if isinstance(form, GraphQLForm):
            continue
        for each in operation.parameters:
            stem = stem_of(last_name(each.name))
            named = singular(stem) in nouns and stem != each.name
            if named and form.paths[each.name][0][0] == "path" and each.name not in found.identity:
                found.identity.append(each.name)


def title(operation: Operation) -> str:
    """Return an operation's method and path."""
    return operation.name.split(":", 1)[1]


def offered(operation: Operation) -> Offered:
    """Return an operation as guesses of a policy know it."""
    arguments = [each.name for each in operation.parameters]
    scopes, about = operation.extra.get("scopes", ()), str(operation.extra.get("about", ""))
    return Offered(title(operation), arguments, scopes, about, operation.reads_only)


def _password_in(operation: Operation) -> bool:
    return any(PASSWORD.search(last_name(each.name)) for each in operation.parameters)


def _is_record(operation: Operation, operations: Sequence[Operation]) -> bool:
    """Return whether a payment is one that users write down: they correct and delete it as well.

    A budget has payments that were made elsewhere. What moves money is not edited afterwards.
    """
    method, _, path = title(operation).partition(" ")
    collection = re.split(r"/\{", path)[0]
    if method not in ("POST", "PUT", "PATCH", "DELETE") or not re.search(_MONEY, collection):
        return False
    edited = re.compile(rf"(?:PUT|PATCH|DELETE) {re.escape(collection)}/\{{[^/]*\}}$")
    return any(edited.match(title(each)) for each in operations)


def _costs(operation: Operation) -> str:
    if operation.reads_only:
        return ""
    words = title(operation).lower()
    for reason, pattern in _COSTLY.items():
        if re.search(rf"\b(?:{pattern})", words):
            return reason
    return ""
