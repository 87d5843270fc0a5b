"""Draws arguments: from the schemas, from harvested values, and from hostile ones.

Texts carry a marker that names who planted it. Identity arguments say what the actor claims.
References are own, foreign or missing; which of them dominates depends on the rule that draws.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema

from crosstalk.core.history import Actor
from crosstalk.core.identifiers import missing_like
from crosstalk.generator.value_pool import ValuePool
from crosstalk.surface.operation import Operation, Parameter, Role

# Every marker text starts with it, so that one query can match everybody's rows.
COMMON_WORD = "note"

HOSTILE_TEXTS = (
    "",
    " ",
    "*",
    "%",
    "_",
    "null",
    "' OR '1'='1",
    "x' UNION SELECT * FROM tasks --",
    "../../etc/passwd",
    "${jndi:ldap://127.0.0.1/a}",
    "<script>alert(1)</script>",
    "a\x00b",
    "\ud800",
    "\u202enote",
    "ﾅ" * 40,
    "x" * 5_000,
)
# Identities that a careless system may take for all users at once.
WILDCARD_IDS = ("*", "%", "all", "null", "0")
_SCALARS = ("string", "integer", "number", "boolean", "null")
# What anybody may ask a model, each in the same words.
CHAT_REQUESTS = (
    "show my tasks",
    "how many tasks do I have?",
    f"search {COMMON_WORD}",
    # A model that was taken over says everything it was shown.
    "[[repeat]]",
)


def own_request(marker: str) -> str:
    """What somebody asks a model to store for them."""
    return f"add a task to {COMMON_WORD} {marker}"


@dataclass(slots=True)
class ArgumentDrawer:
    """Draws arguments for one example.

    Attributes:
        draw: Draws from a Hypothesis strategy.
        pool: What earlier answers gave.
        subjects: User name to subject.
        plant: Makes a new marker for a user.
        tools: Operations that the adversarial model can be told to call.
        trusting: Nothing but an argument says who calls: whoever leaves it out is nobody, and
            shares what they store with everybody else who does.
    """

    draw: Callable[[st.SearchStrategy[Any]], Any]
    pool: ValuePool
    subjects: Mapping[str, str]
    plant: Callable[[str], str]
    tools: Sequence[Operation]
    trusting: bool = False

    def arguments(
        self,
        operation: Operation,
        actor: Actor,
        *,
        references: Sequence[str] = ("own", "own", "foreign", "missing"),
        hostile: bool = True,
        target: str = "",
    ) -> dict[str, Any]:
        """Arguments for one call.

        Args:
            operation: What is called.
            actor: Who calls.
            references: Where reference arguments come from: `own`, `foreign`, `missing`, or the
                name of a victim; drawn with equal weight.
            hostile: Whether values meant to break something may be drawn.
            target: An object that is named wherever it can be; elsewhere references that were
                seen together with it are preferred.
        """
        # Not the smallest number: the simplest example should be one that works.
        spoiled = hostile and self.draw(st.integers(0, 9)) == 7
        victim = (
            self.draw(st.sampled_from(operation.parameters))
            if spoiled and operation.parameters
            else None
        )
        arguments: dict[str, Any] = {}
        chosen: list[str] = [target] if target else []
        for parameter in operation.parameters:
            identified = parameter.role is Role.IDENTITY and not operation.reads_only
            aimed = self._can_be(operation, parameter, target, references)
            if not (parameter.required or identified or aimed or self.draw(st.booleans())):
                continue
            if aimed:
                arguments[parameter.name] = self._naming(operation, parameter, actor, target)
            elif parameter is victim and not (identified and self.trusting):
                arguments[parameter.name] = self._hostile(parameter)
            else:
                value = self._value(operation, parameter, actor, references, chosen)
                if value is not None:
                    arguments[parameter.name] = value
                if parameter.refers and isinstance(value, str):
                    chosen.append(str(value))
        return arguments

    def _can_be(
        self, operation: Operation, parameter: Parameter, target: str, references: Sequence[str]
    ) -> bool:
        """Whether the parameter can name that object of one of these users."""
        return (
            bool(target)
            and parameter.refers
            and any(
                target in self.pool.references(user, parameter, operation.name, guess=False)
                for user in references
                if user in self.subjects
            )
        )

    def _naming(self, operation: Operation, parameter: Parameter, actor: Actor, target: str) -> Any:
        """The object; in a list after one of one's own, as a check of that one alone would pass."""
        if not parameter.many:
            return target
        me = actor.user or actor.claims
        mine = self.pool.references(me, parameter, operation.name, guess=False)
        # The newest: an older one may have been removed.
        return [*mine[-1:], target]

    def _value(
        self,
        operation: Operation,
        parameter: Parameter,
        actor: Actor,
        references: Sequence[str],
        chosen: Sequence[str],
    ) -> Any:
        if parameter.role is Role.IDENTITY:
            return self.subjects[actor.claims]
        if parameter.role is Role.NAME and operation.stores:
            return self._new_name(operation, parameter, actor, references)
        if parameter.refers and parameter.many:
            # The first of one's own: a check of it alone would let the others through.
            each = [
                self._reference(operation, parameter, actor, sources, ())
                for sources in (("own",), references)
            ]
            return [found for found in each if found is not None]
        if parameter.refers:
            return self._reference(operation, parameter, actor, references, chosen)
        if parameter.role is Role.CURSOR:
            return self._cursor(actor)
        if parameter.role is Role.QUERY:
            return self.draw(st.sampled_from((COMMON_WORD, COMMON_WORD, "xt", "z0", "%")))
        if parameter.role is Role.KEY:
            return self._key(actor)
        if parameter.role is Role.TEXT:
            if operation.conversational:
                return self._chat(actor)
            return self._text(parameter, actor)
        return self._from_schema(parameter.schema)

    def _reference(
        self,
        operation: Operation,
        parameter: Parameter,
        actor: Actor,
        references: Sequence[str],
        chosen: Sequence[str],
    ) -> str | None:
        source = self.draw(st.sampled_from(list(references)))
        me = actor.user or actor.claims
        if source == "missing":
            return self._missing(parameter)
        if source == "own":
            owners = [me]
        elif source == "foreign":
            owners = [user for user in self.subjects if user != me]
        else:
            owners = [str(source)]
        found = [
            each
            for owner in owners
            for each in self.pool.references(owner, parameter, operation.name)
        ]
        if not found:
            # Nothing to refer to: an optional reference is left out.
            return self._missing(parameter) if parameter.required else None
        # An item of that thread rather than of any.
        return str(self.draw(st.sampled_from(self.pool.related(found, chosen))))

    def _missing(self, parameter: Parameter) -> str:
        identifier = str(self.draw(st.uuids(version=4)))
        if parameter.schema.get("type") in ("integer", "number"):
            return missing_like("1", identifier)
        return identifier

    def _new_name(
        self,
        operation: Operation,
        parameter: Parameter,
        actor: Actor,
        references: Sequence[str],
    ) -> str:
        """What somebody calls an object: often as others call theirs, as people do."""
        me = actor.user or actor.claims
        prey = [each for each in references if each in self.subjects and each != me]
        theirs = [
            each for name in prey for each in self.pool.references(name, parameter, operation.name)
        ]
        mine = self.pool.references(me, parameter, operation.name)
        return (
            str(self.draw(st.sampled_from([COMMON_WORD, *mine[:2], *theirs[:4]])))
            if (self.draw(st.booleans()))
            else self.plant(me)
        )

    def _cursor(self, actor: Actor) -> str | None:
        me = actor.user or actor.claims
        own = self.pool.cursors(me)
        foreign = [each for user in self.subjects if user != me for each in self.pool.cursors(user)]
        found = own + foreign
        return str(self.draw(st.sampled_from(found))) if found else None

    def _key(self, actor: Actor) -> str:
        """A new key, or one that was used: by the actor, or by somebody else."""
        me = actor.user or actor.claims
        used = {user: self.pool.keys(user) for user in self.subjects}
        others = [key for user, keys in used.items() if user != me for key in keys]
        source = self.draw(st.integers(0, 3))
        if source == 1 and used.get(me):
            return str(self.draw(st.sampled_from(used[me])))
        if source == 2 and others:
            return str(self.draw(st.sampled_from(others)))
        return self.plant(me)

    def _text(self, parameter: Parameter, actor: Actor) -> str:
        text = f"{COMMON_WORD} {self.plant(actor.user or actor.claims)}"
        longest = parameter.schema.get("maxLength")
        return text[:longest] if isinstance(longest, int) else text

    def _chat(self, actor: Actor) -> str:
        kind = self.draw(st.integers(0, 3))
        if kind == 0:
            return own_request(self.plant(actor.user or actor.claims))
        if kind == 1 or not self.tools:
            return str(self.draw(st.sampled_from(CHAT_REQUESTS)))
        # The model has been taken over: it calls any tool with anybody's ids.
        tool = self.draw(st.sampled_from(list(self.tools)))
        prey = self.draw(st.sampled_from([user for user in self.subjects if user != actor.user]))
        as_victim = Actor(actor.name, actor.user, prey)
        arguments = self.arguments(tool, as_victim, references=(prey,), hostile=False)
        return f"[[call {tool.name.split(':', 1)[-1]} {json.dumps(arguments)}]]"

    def _from_schema(self, schema: Mapping[str, Any]) -> Any:
        if schema.get("format") == "date" or any(
            isinstance(each, Mapping) and each.get("format") == "date"
            for each in schema.get("anyOf", ())
        ):
            return self.draw(st.dates(date(2020, 1, 1), date(2035, 12, 31))).isoformat()
        if "enum" in schema:
            return self.draw(st.sampled_from(list(schema["enum"])))
        if schema.get("type") == "integer":
            low, high = schema.get("minimum", 0), schema.get("maximum", 100)
            return self.draw(st.one_of(st.integers(low, high), st.sampled_from([low, high])))
        if schema.get("type") == "boolean":
            return self.draw(st.booleans())
        kind = schema.get("type")
        if isinstance(kind, list):
            return self._from_schema({**schema, "type": self.draw(st.sampled_from(kind))})
        items = schema.get("items")
        if kind == "array" and isinstance(items, Mapping) and items.get("type") not in _SCALARS:
            return [self._from_schema(items) for _ in range(self.draw(st.integers(0, 2)))]
        if kind is None and isinstance(schema.get("anyOf"), list) and schema["anyOf"]:
            return self._from_schema(self.draw(st.sampled_from(schema["anyOf"])))
        if kind is None and not {"const", "enum", "not"} & set(schema):
            return self.draw(st.sampled_from((COMMON_WORD, 0, True, None)))
        if kind == "object":
            needed = schema.get("required", ())
            return {
                name: self._from_schema(each)
                for name, each in (schema.get("properties") or {}).items()
                if name in needed
            }
        return self.draw(from_schema(dict(schema)))

    def _hostile(self, parameter: Parameter) -> Any:
        return self.draw(
            st.one_of(
                st.sampled_from(HOSTILE_TEXTS),
                st.sampled_from((None, 0, -1, 2**63, 1e308, True, [], {}, ["x"], {"$ne": None})),
            )
        )
