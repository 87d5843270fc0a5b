"""Operations read out of an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import deletes, singular
from crosstalk.surface.created_objects import naming_created
from crosstalk.surface.http.event_stream import LAST_EVENT, MEDIA_TYPE
from crosstalk.surface.nesting import Leaf, Shape, flat_name, shape_at
from crosstalk.surface.operation import CONDITION, REFERRER, Operation, Parameter, Role
from crosstalk.surface.references import References
from crosstalk.surface.rest.bodies import BodyForm, body_form, chosen, file_type
from crosstalk.surface.rest.chosen_names import TWICE, with_chosen_names
from crosstalk.surface.rest.document import ApiDocument
from crosstalk.surface.rest.request import KeyPlace, Path, RequestForm
from crosstalk.surface.rest.shown import shown_in, with_examples
from crosstalk.surface.rest.styles import Style
from crosstalk.surface.schemas import names_user, role_of, says_when

# What a walk through pages says of an operation, which no document of a server does.
PAGE, CSRF_FIELD = "x-page", "x-csrf-field"
_HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
_PLACE = re.compile(r"\{[^}]*\}")
_METHODS = ("get", "head", "post", "put", "patch", "delete")
_PLACES = ("path", "query", "header", "cookie")
# They belong to HTTP or carry the credential (OpenAPI 3.1, section 4.8.12.2).
_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
_MAX_FORMS = 6
_USERS = frozenset({"user", "account", "member", "owner", "customer", "tenant", "profile"})


@dataclass(slots=True)
class _Given:
    """The arguments of one operation while they are collected."""

    parameters: list[Parameter] = field(default_factory=list)
    paths: dict[str, list[Path]] = field(default_factory=dict)
    styles: dict[tuple[str, str], Style] = field(default_factory=dict)
    containers: list[Path] = field(default_factory=list)
    # Parameters of the path that the body has as well, and the names by which it changes them.
    twice: set[str] = field(default_factory=set)
    renames: set[str] = field(default_factory=set)

    def copied(self) -> _Given:
        return _Given(
            [*self.parameters],
            {name: [*places] for name, places in self.paths.items()},
            dict(self.styles),
            [*self.containers],
            {*self.twice},
            {*self.renames},
        )


def operations_of(
    document: ApiDocument,
    *,
    base: str = "",
    chat_paths: Sequence[str] = (),
    elsewhere: Sequence[str] = (),
) -> list[Operation]:
    """Return all operations of a document.

    Args:
        document: The document.
        base: Where paths begin; what the document says by default.
        chat_paths: Paths whose text goes to a model; they form a surface of their own.
        elsewhere: Paths that another surface speaks for.
    """
    found: list[Operation] = []
    for path, node in document.root["paths"].items():
        if path in elsewhere:
            continue
        item, here = document.references.follow(node)
        for method in _METHODS:
            if isinstance(item.get(method), Mapping):
                surface = "chat" if path in chat_paths else "rest"
                reading = _Reading(document, here, str(path), method, item, surface, base)
                found += reading.operations()
    return with_chosen_names(naming_created(found))


@dataclass(frozen=True, slots=True)
class _Reading:
    """One method of one path."""

    document: ApiDocument
    references: References
    path: str
    method: str
    item: Mapping[str, Any]
    surface: str
    base: str

    @property
    def about(self) -> Mapping[str, Any]:
        """Return what is said about the operation."""
        found: Mapping[str, Any] = self.item[self.method]
        return found

    def operations(self) -> list[Operation]:
        """Return the operation, once for each form that its body or its answer can have."""
        given = self._given()
        made: list[Operation] = []
        for name, schema, body in self._bodies():
            one = given.copied()
            if body is not None:
                _add_body(one, schema, body, renames=self.method == "patch")
            more = body is not None and _takes_more(schema, body)
            made.append(replace(self._operation(one, body, name), takes_more=more))
        for accept in self._other_answers():
            name = "events" if accept == MEDIA_TYPE else accept.partition(";")[0]
            first = made[0]
            form = replace(first.extra["form"], accept=accept)
            extra = {**first.extra, "form": form}
            made.append(replace(first, name=f"{first.name} as {name}", extra=extra))
        return [_resumable(each) if self._streams(each) else each for each in made]

    def _streams(self, operation: Operation) -> bool:
        """Return whether the answer is a stream of events that ends."""
        form = operation.extra["form"]
        return "pushes" not in operation.extra and MEDIA_TYPE in (form.accept or self._only())

    def _only(self) -> str:
        """Return the one media type in which the answer can be had; empty where there are more."""
        kinds = self._answers()
        return kinds[0] if len(kinds) == 1 else ""

    def _given(self) -> _Given:
        """The parameters beside the body; an operation's own replaces its path's of that name."""
        given = _Given()
        seen: set[tuple[str, str]] = set()
        for each in (*_list(self.about, "parameters"), *_list(self.item, "parameters")):
            specification, here = self.references.follow(each)
            place, name = str(specification.get("in")), str(specification.get("name"))
            if place not in _PLACES or (place, name) in seen:
                continue
            seen.add((place, name))
            schema = with_examples(here.schema(_schema_of(specification)), shown_in(specification))
            required = bool(specification.get("required")) or place == "path"
            if self._is_taken(place, name, schema, required=required):
                given.styles[place, name] = Style.of(specification)
                _add(given, shape_at(schema, (place, name), required=required), self._role)
        for name in _undeclared(self.path, seen):
            # A path cannot be called without it, whether or not the document describes it.
            given.styles["path", name] = Style.of({"in": "path", "name": name})
            _add(given, shape_at({"type": "string"}, ("path", name), required=True), self._role)
        return given

    @staticmethod
    def _is_taken(place: str, name: str, schema: Mapping[str, Any], *, required: bool) -> bool:
        """Of headers and cookies those that must be there or say something of the call."""
        if place in ("path", "query"):
            return True
        if name.lower() in _NOT_PARAMETERS and place == "header":
            return False
        if name.lower() == CONDITION and place == "header":
            # It may be compared before it is checked whose the object is (RFC 9110, 13.1.1).
            return True
        if name.lower() == REFERRER and place == "header":
            # Where a visitor comes from is kept and counted (RFC 9110, 10.1.3).
            return True
        telling = role_of(name.lower().replace("-", "_").removeprefix("x_"), schema)
        return required or telling in (Role.KEY, Role.IDENTITY, Role.REFERENCE)

    def _role(self, leaf: Leaf) -> Role:
        name = last_name(flat_name(leaf.path[1:]))
        if leaf.path[0] == "header":
            if name.lower() == CONDITION:
                return Role.VALUE
            name = name if "-" not in name else name.lower().replace("-", "_").removeprefix("x_")
        role = role_of(name, leaf.schema)
        if leaf.path[0] == "path" and name.lower() == "uid":
            # The last word of a UUID as well: `/interviews/{uid}` is about no user.
            holder = self._collection(leaf.path[1])
            return role if not holder or holder in _USERS else Role.REFERENCE
        if leaf.path[0] != "path" or role not in (Role.TEXT, Role.VALUE, Role.QUERY):
            return role
        if names_user(name, perhaps=True) and self._collection(leaf.path[1]) in _USERS:
            return Role.IDENTITY
        plain = leaf.schema.get("type", "string") in ("string", "integer", "number")
        closed = {"enum", "const"} & set(leaf.schema) or leaf.schema.get("format") == "date"
        # What an address holds names an object, whatever it is called, unless it is a time.
        return Role.REFERENCE if plain and not closed and not says_when(name) else role

    def _collection(self, name: str) -> str:
        """The noun before a path parameter: `user` in `/users/{username}`."""
        before = self.path.partition(f"{{{name}}}")[0].rstrip("/")
        return singular(before.rsplit("/", 1)[-1])

    def _bodies(self) -> Iterator[tuple[str, Mapping[str, Any], BodyForm | None]]:
        """The forms that the body can have, by name; one without a name where there is one form."""
        body, here = self.references.follow(self.about.get("requestBody"))
        content = body.get("content")
        found = chosen(content) if isinstance(content, Mapping) else None
        if found is None:
            yield "", {}, None
            return
        media_type, said = found
        schema = here.schema(said.get("schema", {}))
        forms = _forms(schema)
        for number, form in enumerate(forms, 1):
            name = str(form.get("title") or number) if len(forms) > 1 else ""
            yield name, with_examples(form, shown_in(said)), body_form(media_type, said, form)

    def _answers(self) -> list[str]:
        """Media types in which the answer can be had."""
        responses = self.about.get("responses")
        kinds: dict[str, None] = {}
        for status, node in responses.items() if isinstance(responses, Mapping) else ():
            response, _ = self.references.follow(node)
            if str(status).startswith("2") and isinstance(response.get("content"), Mapping):
                kinds.update(dict.fromkeys(map(str, response["content"])))
        return list(kinds)

    def _other_answers(self) -> list[str]:
        """Media types in which the answer can also be had, beside JSON."""
        kinds = self._answers()
        if not any(each.partition(";")[0].endswith(("/json", "+json")) for each in kinds):
            return []
        return [
            each
            for each in kinds
            if "*" not in each and not each.partition(";")[0].strip().endswith(("/json", "+json"))
        ]

    def _operation(self, given: _Given, body: BodyForm | None, form: str) -> Operation:
        security = self.about.get("security", self.document.root.get("security")) or ()
        public = not any(each for each in security if isinstance(each, Mapping))
        needs = [
            each for each in given.parameters if each.required and each.role is not Role.IDENTITY
        ]
        reads = self.method in ("get", "head")
        base = self.base or self.document.server(self.about, self.item)
        name = f"{self.surface}:{self.method.upper()} {self.path}"
        return Operation(
            surface=self.surface,
            name=f"{name} as {form}" if form else name,
            parameters=tuple(given.parameters),
            reads_only=reads,
            public=public,
            # The answer to HEAD has no body (RFC 9110, section 9.3.2).
            lists=self.method == "get" and not public and not needs,
            conversational=self.surface == "chat",
            extra={
                "form": RequestForm(
                    method=self.method.upper(),
                    url=f"{base.rstrip('/')}/{self.path.lstrip('/')}",
                    paths=given.paths,
                    styles=given.styles,
                    containers=given.containers,
                    body=body,
                    keys=self._keys(security),
                    numbers=frozenset(
                        each.name for each in given.parameters if _takes_numbers(each.schema)
                    ),
                    accept=_HTML if self.about.get(PAGE) else "",
                    csrf=str(self.about.get(CSRF_FIELD, "")),
                ),
                "about": " ".join(
                    str(self.about[each])
                    for each in ("summary", "description")
                    if isinstance(self.about.get(each), str)
                ),
                **({TWICE: frozenset(given.twice)} if given.twice else {}),
                **({"renames": frozenset(given.renames)} if given.renames else {}),
                **({"kind": "delete"} if self._deletes() else {}),
                **({"page": True} if self.about.get(PAGE) else {}),
                **({"scopes": scopes} if (scopes := _scopes(security)) else {}),
                **({"schemes": schemes} if (schemes := self._schemes(security)) else {}),
                **({"pushes": "events"} if reads and self._answers() == [MEDIA_TYPE] else {}),
            },
        )

    def _deletes(self) -> bool:
        """Return whether the operation deletes: by its method, or as a form by its address."""
        words = _PLACE.sub("", self.path)
        return self.method == "delete" or (bool(self.about.get(PAGE)) and deletes(words))

    def _schemes(self, security: Sequence[Any]) -> tuple[Mapping[str, Any], ...]:
        """The security schemes that the operation names (OpenAPI 3.1, section 4.8.27)."""
        components, here = self.document.references.follow(self.document.root.get("components"))
        schemes, here = here.follow(components.get("securitySchemes"))
        names = dict.fromkeys(key for each in security if isinstance(each, Mapping) for key in each)
        return tuple(found for name in names if (found := here.follow(schemes.get(name))[0]))

    def _keys(self, security: Sequence[Any]) -> tuple[KeyPlace, ...]:
        """Where API keys go, by the schemes that the operation names."""
        found = []
        for scheme in self._schemes(security):
            place = scheme.get("in")
            if scheme.get("type") == "apiKey" and place in ("header", "query", "cookie"):
                found.append(KeyPlace(place, str(scheme.get("name"))))
        return tuple(found)


def _undeclared(path: str, declared: Collection[tuple[str, str]]) -> list[str]:
    """Return the parameters in a path that no `in: path` describes, e.g. of a `SchemaGenerator`."""
    named = dict.fromkeys(each[1:-1] for each in _PLACE.findall(path))
    return [each for each in named if each and ("path", each) not in declared]


def _add(given: _Given, shape: Shape, role: Any, *, renames: bool = False) -> None:
    given.containers += [path for path in shape.containers if path[0] == "body"]
    for leaf in shape.leaves:
        name = flat_name(leaf.path[1:]) or "body"
        if name in given.paths:
            # One argument cannot say two things; where both must be there, they say the same.
            if (given.paths[name][0][0], leaf.path[0]) == ("path", "body"):
                given.twice.add(name)
            if leaf.required:
                given.paths[name].append(leaf.path)
            new = f"new_{name}"
            if renames and given.paths[name][0][0] == "path" and new not in given.paths:
                # A change of what the address names may give it another name.
                given.renames.add(new)
                given.paths[new] = [leaf.path]
                given.parameters.append(Parameter(new, leaf.schema, False, role(leaf)))
            continue
        given.paths[name] = [leaf.path]
        inside = flat_name(leaf.inside[1:])
        given.parameters.append(Parameter(name, leaf.schema, leaf.required, role(leaf), inside))


def _add_body(given: _Given, schema: Mapping[str, Any], body: BodyForm, *, renames: bool) -> None:
    if body.kind in ("form", "multipart") and not schema.get("properties"):
        # A form without fields is sent all the same: a button.
        return
    shape = shape_at(schema, ("body",), required=True)

    def role(leaf: Leaf) -> Role:
        name = last_name(flat_name(leaf.path[1:])) or "body"
        return role_of(name, leaf.schema)

    leaves = tuple(_without_file(leaf) for leaf in shape.leaves)
    _add(given, Shape(leaves, shape.containers), role, renames=renames)
    if body.kind == "json" and schema.get("type") == "array":
        given.containers.append(("body", "[]"))


def _takes_more(schema: Mapping[str, Any], body: BodyForm) -> bool:
    """Return whether a body is an object that may hold fields that nothing declares."""
    closed = schema.get("additionalProperties") is False
    return body.kind != "text" and schema.get("type", "object") == "object" and not closed


def _without_file(leaf: Leaf) -> Leaf:
    """A file is given as the text in it."""
    if file_type(leaf.schema) is None:
        return leaf
    kept = ("maxLength", "minLength", "examples")
    text = {key: value for key, value in leaf.schema.items() if key in kept}
    return replace(leaf, schema={**text, "type": "string"})


def _forms(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The objects among a schema's alternatives; the schema itself where there are not several."""
    options = schema.get("anyOf")
    if not isinstance(options, list):
        return [schema]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    objects: list[Mapping[str, Any]] = [
        {
            **rest,
            **each,
            "properties": {**rest.get("properties", {}), **each["properties"]},
            "required": [*rest.get("required", ()), *each.get("required", ())],
        }
        for each in options
        if isinstance(each, Mapping) and each.get("properties")
    ]
    return objects[:_MAX_FORMS] if len(objects) > 1 else [schema]


def _takes_numbers(schema: Mapping[str, Any]) -> bool:
    """Return whether a value is a whole number, or a list of such."""
    items = schema.get("items") if schema.get("type") == "array" else schema
    return isinstance(items, Mapping) and items.get("type") in ("integer", "number")


def _schema_of(specification: Mapping[str, Any]) -> Any:
    """A parameter's schema, or that of the one media type that describes it."""
    content = specification.get("content")
    if isinstance(content, Mapping) and content:
        first = next(iter(content.values()))
        return first.get("schema", {}) if isinstance(first, Mapping) else {}
    return specification.get("schema", {})


def _resumable(operation: Operation) -> Operation:
    """Return an operation that may be asked for what came after an event of an earlier answer.

    No document says so: it belongs to the protocol (HTML Living Standard, section 9.2.4).
    """
    form: RequestForm = operation.extra["form"]
    if any(name.lower() == LAST_EVENT.lower() for name in form.paths):
        return operation
    header = Parameter(LAST_EVENT, {"type": "string"}, False, Role.CURSOR)
    form = replace(form, paths={**form.paths, LAST_EVENT: [("header", LAST_EVENT)]})
    extra = {**operation.extra, "form": form}
    return replace(operation, parameters=(*operation.parameters, header), extra=extra)


def _list(holder: Mapping[str, Any], key: str) -> list[Any]:
    found = holder.get(key)
    return found if isinstance(found, list) else []


def _scopes(security: Sequence[Any]) -> tuple[str, ...]:
    """Return the scopes or roles that an operation's security asks for (OpenAPI 3.1, 4.8.30)."""
    named = [
        str(scope)
        for each in security
        if isinstance(each, Mapping)
        for scopes in each.values()
        if isinstance(scopes, list)
        for scope in scopes
    ]
    return tuple(dict.fromkeys(named))
