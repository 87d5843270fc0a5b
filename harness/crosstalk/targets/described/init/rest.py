"""Describes a REST API by its OpenAPI document: login, sign-up, public and costly operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import singular, stem_of
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.graphql.form import GraphQLForm
from crosstalk.surface.nesting import nested
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.rest import RestSurface
from crosstalk.targets.described.guesses import (
    PASSWORD,
    is_login,
    is_renewal,
    kind_of,
    makes_accounts,
    unproven_comment,
)
from crosstalk.targets.described.init.database import database_comment
from crosstalk.targets.described.init.detection import require_reachable
from crosstalk.targets.described.init.pages import (
    START,
    csrf_of,
    form_of,
    login_and_sign_up,
    page_operations,
    tried_pages,
)
from crosstalk.targets.described.init.policy import Offered, policy_guesses
from crosstalk.targets.described.init.rest_login import LoginTrial, account_fields, tried
from crosstalk.targets.described.init.rest_unproven import Unproven, unproven
from crosstalk.targets.described.init.toml import key, toml

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
_DOCUMENT = re.compile(r"\.(?:json|ya?ml)$|openapi|swagger|api-docs", re.IGNORECASE)
_GRAPHQL = re.compile(r"graphi?ql/?$", re.IGNORECASE)
_USUAL_GRAPHQL = ("/graphql", "/api/graphql")
# Where frameworks serve the document of a host.
_USUAL = ("/openapi.json", "/api/openapi.json", "/openapi.yaml", "/v3/api-docs", "/swagger.json")


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
    url: str, *, probing: bool = False, account: tuple[str, str] | None = None
) -> RestSurvey | None:
    """Survey the REST API whose document is at a URL, or at a usual path of a host.

    Args:
        url: Of the document, the GraphQL endpoint or the host.
        probing: Whether one account may be made and logged in, to see what that answers.
        account: Name and password of one that exists, where users do not sign themselves up.

    Returns:
        The guesses; None where the URL is not that of a document. Another URL is not asked, because
        an event stream would never end.

    Raises:
        HarnessError: No server answers there.
        SurfaceError: The URL is one of a document, and there is none.
    """
    path = urlsplit(url).path
    named = _DOCUMENT.search(path) is not None or _GRAPHQL.search(path) is not None
    if not named and path.strip("/"):
        return None
    require_reachable(url)
    for candidate in (
        [url] if named else [urljoin(url, each) for each in (*_USUAL, *_USUAL_GRAPHQL)]
    ):
        graphql = _GRAPHQL.search(urlsplit(candidate).path) is not None
        surface = (
            RestSurface("", document="", graphql=candidate, timeout=_SECONDS)
            if graphql
            else RestSurface(candidate, document=candidate, timeout=_SECONDS)
        )
        try:
            found = guessed(candidate, surface.discover())
            found.graphql = graphql
            if probing:
                _try_login(found, account)
            return found
        except SurfaceError:
            if named:
                raise
        finally:
            surface.close()
    return _survey_pages(url, probing=probing)


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
        if reason and not _is_record(operation, operations):
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


def written_rest(found: RestSurvey, token: str = "") -> str:
    """Build the file's text, with every guess marked as one.

    Args:
        found: The guesses.
        token: That was presented, if one was; its claims may name a tenant and a role.
    """
    lines = [
        "# Written by `crosstalk init`. Lines marked `guess` are guesses: look through them,",
        "# correct them (docs/targets.md says how), then set confirmed = true.",
        "confirmed = false",
        *unproven_comment(str(found.unproven or "")),
        "",
        "[rest]",
        *_place(found),
    ]
    if found.public:
        lines.append(f"public = {toml(found.public)}  # guess: the document asks no credential")
    lines += ["", *_identity(found)]
    if found.skip:
        lines += ["", "[rest.skip]  # guess: take out what may be called"]
        lines += [f"{key(name)} = {toml(reason)}" for name, reason in found.skip.items()]
    # What pages offer is found anew by each run, as a user.
    for operation in found.operations if not found.pages else ():
        if title(operation) in found.skip:
            continue
        roles = {
            each.name: each.role
            for each in operation.parameters
            if each.refers and each.name not in found.identity
        }
        kind = _kind(operation, found.identity)
        lines += ["", f"[tools.{key(title(operation))}]", f"kind = {toml(kind)}  # guess: method"]
        if roles:
            lines.append(f"arguments = {toml(roles)}  # guess: names and formats")
    offered = [
        Offered(title(each), [one.name for one in each.parameters], each.extra.get("scopes", ()))
        for each in found.operations
    ]
    lines += policy_guesses(offered, token)
    lines += database_comment()
    return "\n".join(lines) + "\n"


def _place(found: RestSurvey) -> list[str]:
    if found.pages:
        return [f"base = {toml(found.url)}", f"pages = {toml(list(found.pages))}"]
    return [f"{'graphql' if found.graphql else 'openapi'} = {toml(found.url)}"]


def title(operation: Operation) -> str:
    """Return an operation's method and path."""
    return operation.name.split(":", 1)[1]


def _kind(operation: Operation, identity: Sequence[str]) -> str:
    refers = [each for each in operation.parameters if each.refers and each.name not in identity]
    if operation.reads_only:
        return "read" if refers else "list"
    method, _, path = title(operation).partition(" ")
    if isinstance(operation.extra["form"], GraphQLForm):
        return kind_of({"name": path.rpartition(" ")[2]})
    kinds = {"POST": "create", "DELETE": "delete"}
    # `POST /bookings` makes a booking of what it names; `POST /cards/merge` makes nothing.
    last = path.rstrip("/").rpartition("/")[2]
    collection = "{" not in path and singular(last) != last.lower()
    named = any(each.required for each in refers) and not collection
    return "change" if method == "POST" and named else kinds.get(method, "change")


def _identity(found: RestSurvey) -> list[str]:
    named = found.identity if found.unproven is None else list(found.unproven.arguments)
    arguments = [f"arguments = {toml(named)}  # guess: by name"] if named else []
    if found.unproven is not None:
        return ["[identity]", *found.unproven.settings(), *arguments]
    if found.login is None and found.basic:
        return _basic(found, arguments)
    if found.login is None:
        lines = ["[identity]", 'by = ["bearer"]  # guess: no login was recognized', *arguments]
        for name in ("alice", "bob"):
            lines += ["", f"[users.{name}]", f'token = "${name.upper()}_TOKEN"']
        return lines
    lines = ["[identity]", 'by = ["login"]  # guess: by its path and password', *arguments]
    called = _call(found.login)
    trial = found.trial
    # A login that served a made-up user makes accounts, as a sign-up that gives out a key does.
    served = trial is not None and not trial.refused and bool(trial.token or trial.cookie)
    served = served and not (trial is not None and trial.existing)
    if found.register is None and not served:
        # Accounts that exist have names of their own.
        called = [each.replace("{user}@example.com", "{user}") for each in called]
    lines += ["", "[identity.login]", *called, *_answers(found)]
    if found.register is not None:
        lines += ["", "[identity.login.register_first]", *_call(found.register)]
        if found.trial and found.trial.registered_id and not found.trial.id and _takes_ids(found):
            lines.append(f"subject = {toml(found.trial.registered_id)}  # it was answered so")
    elif not served:
        lines += ["", "# No sign-up was recognized: accounts that exist."]
        lines += _listed_accounts()
    return lines


def _listed_accounts() -> list[str]:
    """Return tables of users whose names and passwords stand in the environment."""
    lines = []
    for name in ("alice", "bob", "carol"):
        lines += ["", f"[users.{name}]"]
        lines += [f'{key} = "${name.upper()}_{key.upper()}"' for key in ("username", "password")]
    return lines


def _basic(found: RestSurvey, arguments: Sequence[str]) -> list[str]:
    """Return the identity of an API to which name and password travel with every request."""
    lines = ["[identity]", 'by = ["login"]  # guess: HTTP Basic, by the document', *arguments]
    lines += ["", "[identity.login]", 'carried = "basic"']
    if found.register is not None:
        return [*lines, "", "[identity.login.register_first]", *_call(found.register)]
    return [*lines, *_listed_accounts()]


def _answers(found: RestSurvey) -> list[str]:
    """Return where the login's answer has the token and the id, as a trial showed or by guess."""
    trial = found.trial
    if trial is None or trial.refused:
        refused = [f"# a try was refused: {trial.refused}"] if trial is not None else []
        said = "guess: the field of the answer that holds the token"
        return [*refused, f'token = "access_token"  # {said}']
    lines = []
    if trial.token and trial.carried.get("carried") != "cookie":
        lines.append(f"token = {toml(trial.token)}  # it was answered so")
        lines += [f"{name} = {toml(each)}  # it was served so" for name, each in _carried(trial)]
    elif trial.cookie:
        lines.append('carried = "cookie"  # it set a cookie and gave no token')
    else:
        lines.append('token = "access_token"  # guess: no token was seen in the answer')
    if found.refresh is not None and trial.refresh:
        lines.append(f"refresh_token = {toml(trial.refresh)}  # it was answered so")
        lines.append(f"refresh = {toml(_renewal(found.refresh))}  # guess")
    if trial.csrf:
        lines.append(f"csrf = {toml(trial.csrf)}  # it was asked for so")
    if trial.id and _takes_ids(found):
        lines.append(f"subject = {toml(trial.id)}  # it was answered so")
    return lines


def _renewal(operation: Operation) -> dict[str, Any]:
    """Return the call that gives a new token, with the refresh token in each text that it takes."""
    form = operation.extra["form"]
    needed = [each.name for each in operation.parameters if each.required]
    body = nested(dict.fromkeys(needed, "{refresh}"), {n: form.paths[n][0][1:] for n in needed})
    kind = "json" if form.body is None or form.body.kind == "json" else "form"
    said = {"request": f"{form.method} {urlsplit(form.url).path}"}
    return {**said, kind: body} if needed else said


def _carried(trial: LoginTrial) -> list[tuple[str, str]]:
    return [(name, each) for name, each in trial.carried.items() if each != "Authorization"]


def _takes_ids(found: RestSurvey) -> bool:
    """Return whether users are named by ids that the system gives, rather than by their names."""
    return any(last_name(each).lower().endswith("id") for each in found.identity)


def _call(operation: Operation) -> list[str]:
    form = operation.extra["form"]
    if csrf_of(operation):
        said = f"{form.method} {urlsplit(form.url).path}"
        return [f"request = {toml(said)}  # guess", f"form = {toml(form_of(operation))}  # guess"]
    fields = account_fields(operation)
    path = f"{form.method} {urlsplit(form.url).path}"
    if isinstance(form, GraphQLForm):
        return [f"request = {toml(path)}  # guess", f"json = {toml(form.json_body(fields))}"]
    if form.body is not None and form.body.kind != "json":
        texts = {name: str(value) for name, value in fields.items()}
        return [f"request = {toml(path)}  # guess", f"form = {toml(texts)}  # guess"]
    places = {name: form.paths[name][0][1:] for name in fields}
    body = nested(fields, places)
    return [f"request = {toml(path)}  # guess", f"json = {toml(body)}  # guess"]


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
