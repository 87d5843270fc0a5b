"""Writes the `crosstalk.toml` of a REST API from a survey, with every guess marked as one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urlsplit

from crosstalk.core.identifiers import is_id_path, last_name
from crosstalk.core.object_kinds import noun_of, singular
from crosstalk.surface.graphql.form import GraphQLForm
from crosstalk.surface.nesting import nested
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.rest.request import RequestForm
from crosstalk.targets.described.guesses import TOLD_ROLES, kind_of, unproven_comment
from crosstalk.targets.described.init.database import database_comment
from crosstalk.targets.described.init.pages import csrf_of, form_of
from crosstalk.targets.described.init.policy import is_person, policy_guesses, sharing_among
from crosstalk.targets.described.init.presented import carrier_of, users_with_tokens
from crosstalk.targets.described.init.rest import RestSurvey, offered, title
from crosstalk.targets.described.init.rest_login import LoginTrial, account_fields
from crosstalk.targets.described.init.toml import key, toml
from crosstalk.targets.described.plain_references import SAID

# Arguments that name a person as people do.
_BY_NAME = re.compile(
    r"^(?:user_?name|e?mail(?:_?address)?|login|handle|recipient|invitee|collaborator|with|member)s?$",
    re.IGNORECASE,
)


def written_rest(
    found: RestSurvey, token: str = "", *, header: str | None = None, value: str = ""
) -> str:
    """Build the file's text, with every guess marked as one.

    Args:
        found: The guesses.
        token: That was presented, if one was; its claims may name a tenant and a role.
        header: Name of the header in which a credential was presented, if one was.
        value: What that header held.
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
    identity = _identity(found, header, value)
    lines += ["", *identity]
    by_login = _left_out_by_login(found, identity)
    skip = {name: reason for name, reason in found.skip.items() if name not in by_login}
    if skip:
        lines += ["", "[rest.skip]  # guess: take out what may be called"]
        lines += [f"{key(name)} = {toml(reason)}" for name, reason in skip.items()]
    sharing = sharing_among(map(offered, found.operations))
    made = _made(found) - SAID
    # What pages offer is found anew by each run, as a user.
    for operation in found.operations if not found.pages else ():
        if title(operation) in found.skip:
            continue
        roles = _roles(operation, found.identity, made, title(operation) in sharing)
        kind = _kind(operation, found.identity)
        lines += ["", f"[tools.{key(title(operation))}]", f"kind = {toml(kind)}  # guess: method"]
        if roles:
            lines.append(f"arguments = {toml(roles)}  # guess: names and formats")
    lines += policy_guesses(map(offered, found.operations), token)
    lines += database_comment()
    return "\n".join(lines) + "\n"


def _roles(
    operation: Operation, identity: Sequence[str], made: Collection[str], shares: bool
) -> dict[str, Role]:
    """Return argument to role, of those that are told.

    Args:
        operation: The operation.
        identity: Arguments that name the user whose data is meant.
        made: Kinds of objects that other operations make: `tray` names a tray.
        shares: Whether it opens or ends a share: the person in it is the policy's to say.
    """
    own = singular(noun_of(operation.name))
    found = {}
    for each in operation.parameters:
        name = last_name(each.name)
        if each.name in identity or (shares and is_person(name)):
            continue
        plain = each.role in (Role.TEXT, Role.VALUE) and singular(name) in set(made) - {own}
        typed = each.schema.get("type") in ("string", "integer") and "enum" not in each.schema
        role = Role.REFERENCE if plain and typed else each.role
        if role in TOLD_ROLES:
            found[each.name] = role
    return found


def _made(found: RestSurvey) -> set[str]:
    """Return the kinds of objects that operations make, by the collections they are made in."""
    return {
        singular(noun_of(each.name))
        for each in found.operations
        if title(each).startswith("POST ")
        and singular(last := title(each).rstrip("/").rpartition("/")[2].lower()) != last
    }


def _left_out_by_login(found: RestSurvey, identity: Sequence[str]) -> set[str]:
    """Return the operations that a run leaves out by itself, as `[identity.login]` calls them."""
    login = tomllib.loads("\n".join(identity))["identity"].get("login", {})
    calls = (login, login.get("register_first", {}), login.get("refresh", {}))
    requests = {each.get("request") for each in calls}
    return {
        title(each)
        for each in (found.login, found.register, found.refresh)
        if each is not None
        and isinstance(form := each.extra["form"], RequestForm)
        and f"{form.method} {urlsplit(form.url).path}" in requests
    }


def _place(found: RestSurvey) -> list[str]:
    if found.pages:
        return [f"base = {toml(found.url)}", f"pages = {toml(list(found.pages))}"]
    return [f"{'graphql' if found.graphql else 'openapi'} = {toml(found.url)}"]


def _kind(operation: Operation, identity: Sequence[str]) -> str:
    refers = [each for each in operation.parameters if each.refers and each.name not in identity]
    if operation.reads_only:
        # What narrows a list may be left out.
        if any(each.required for each in refers):
            return "read"
        asks = any(each.required and each.role is Role.QUERY for each in operation.parameters)
        return "search" if asks else "list"
    method, _, path = title(operation).partition(" ")
    if isinstance(operation.extra["form"], GraphQLForm):
        return kind_of({"name": path.rpartition(" ")[2]})
    kinds = {"POST": "create", "DELETE": "delete"}
    # `POST /bookings` makes a booking of what it names; `POST /cards/merge` makes nothing.
    last = path.rstrip("/").rpartition("/")[2]
    collection = "{" not in path and singular(last) != last.lower()
    if method == "POST" and not operation.parameters and not collection:
        # `POST /expenses/undo` is given nothing to make something of.
        acts = kind_of({"name": last})
        return acts if acts in ("change", "delete") else "create"
    named = any(each.required for each in refers) and not collection
    return "change" if method == "POST" and named else kinds.get(method, "change")


def _identity(found: RestSurvey, header: str | None, value: str) -> list[str]:
    named = _claims(found) if found.unproven is None else list(found.unproven.arguments)
    arguments = [f"arguments = {toml(named)}  # guess: by name"] if named else []
    if found.unproven is not None:
        return ["[identity]", *found.unproven.settings(), *arguments]
    by, settings = carrier_of(header, value)
    if by and (found.login is None or (header or "").lower() in _key_headers(found)):
        said = f"by = {toml(by)}  # guess: from what was presented"
        return ["[identity]", said, *settings, *arguments, *users_with_tokens()]
    if found.login is None and found.basic:
        return _basic(found, arguments)
    if found.login is None:
        said = 'by = ["bearer"]  # guess: no login was recognized'
        return ["[identity]", said, *arguments, *users_with_tokens()]
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
        if found.trial and not found.trial.id:
            lines += _subject(found, found.trial.registered_id)
    elif not served:
        lines += ["", "# No sign-up was recognized: accounts that exist."]
        lines += _listed_accounts()
    return lines


def _claims(found: RestSurvey) -> list[str]:
    """Return the arguments that say whose data is meant beside a credential.

    `?owner=` may as well narrow the list of a user who may see all.
    """
    needed = {
        each.name
        for operation in found.operations
        for each in operation.parameters
        if each.required
    }
    return [each for each in found.identity if each in needed or is_id_path(last_name(each))]


def _key_headers(found: RestSurvey) -> set[str]:
    """Return the headers, in lower case, that the document's schemes want a key in."""
    schemes = [one for each in found.operations for one in each.extra.get("schemes", ())]
    return {
        str(each.get("name")).lower()
        for each in schemes
        if each.get("type") == "apiKey" and each.get("in") == "header"
    }


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
    return [*lines, *_subject(found, trial.id)]


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


def _subject(found: RestSurvey, place: str) -> list[str]:
    """Return the line that says where a user's id is; a comment where users go by their names."""
    if not place:
        return []
    line = f"subject = {toml(place)}  # it was answered so"
    if not _takes_ids(found) and _takes_names(found):
        return [f"# {line}; users seem to be named otherwise"]
    return [line]


def _takes_ids(found: RestSurvey) -> bool:
    """Return whether users are named by ids that the system gives, rather than by their names."""
    return any(last_name(each).lower().endswith("id") for each in found.identity)


def _takes_names(found: RestSurvey) -> bool:
    """Return whether an argument wants a user by name or address: who logs in aside."""
    accounts = (found.login, found.register, found.refresh)
    return any(
        each.role is Role.IDENTITY or _BY_NAME.match(last_name(each.name))
        for operation in found.operations
        if operation not in accounts
        for each in operation.parameters
    )


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
