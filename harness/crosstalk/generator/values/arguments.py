"""Arguments: drawn from the schemas, from harvested values, and from hostile ones.

Texts carry a marker that names who planted it. Identity arguments say what the actor claims.
References are own, foreign or missing; which of them dominates depends on the rule that draws.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosstalk.core.history import Actor
from crosstalk.core.identifiers import cut_marker, last_name, map_strings, missing_like
from crosstalk.core.object_kinds import kind_named
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.values.choice import Choice
from crosstalk.generator.values.directives import directive
from crosstalk.generator.values.forms.spans import later_ends
from crosstalk.generator.values.forms.words import lists_words
from crosstalk.generator.values.texts import COMMON_WORD, Texts, carried, cut_to_fit
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.surface.capabilities import parts_of_places, required_references
from crosstalk.surface.operation import Operation, Parameter, Role

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
_FILE_NAME = re.compile(r"file_?name$|^file$|^document_?name$", re.IGNORECASE)
# The end of a new marker, of so many characters.
_END = re.compile(r"\{end:(\d+)\}")
# Identities that a careless system may take for all users at once.
WILDCARD_IDS = ("*", "%", "all", "null", "0")
_HOSTILE_VALUES: tuple[Any, ...] = (None, 0, -1, 2**63, 1e308, True, [], {}, ["x"], {"$ne": None})
# Prompts that every user gives a model in the same words.
HONEST_REQUESTS = ("show my tasks", "how many tasks do I have?", f"search {COMMON_WORD}")
# A prompt-injected model says everything that it was shown.
CHAT_REQUESTS = (*HONEST_REQUESTS, "[[repeat]]")


def own_request(marker: str) -> str:
    """Return the prompt by which a user has a model store something for them."""
    return f"add a task to {COMMON_WORD} {marker}"


def _ending(parameter: Parameter) -> str:
    """Return what the name of a file ends in, where one is asked for."""
    return ".txt" if _FILE_NAME.search(last_name(parameter.name)) else ""


@dataclass(slots=True)
class ArgumentDrawer:
    """Draws arguments for one example.

    Attributes:
        choice: Makes the choices.
        pool: What earlier answers gave.
        subjects: User name to subject.
        plant: Makes a new marker for a user.
        knowledge: What the campaign has learnt about arguments.
        tools: Operations that the adversarial model can be told to call.
        trusting: Nothing but an argument says who calls: callers who leave it out are all one and
            the same to the system.
    """

    choice: Choice
    pool: ValuePool
    subjects: Mapping[str, str]
    plant: Callable[[str], str]
    knowledge: ArgumentKnowledge
    tools: Sequence[Operation] = ()
    trusting: bool = False

    def arguments(
        self,
        operation: Operation,
        actor: Actor,
        *,
        references: Sequence[str] = ("own", "own", "foreign", "missing"),
        hostile: bool = True,
        target: str = "",
        naming: Parameter | None = None,
    ) -> dict[str, Any]:
        """Return arguments for one call.

        Args:
            operation: What is called.
            actor: Who calls.
            references: Where reference arguments come from: `own`, `foreign`, `missing`, or the
                name of a victim; drawn with equal weight.
            hostile: Whether values meant to break something may be drawn.
            target: An object that is named wherever it can be; elsewhere references that were
                seen together with it are preferred.
            naming: The one parameter that names the target, where the number of an object may be
                that of an object of another kind as well.
        """
        # Not the smallest number: the simplest example should be one that works.
        spoiled = hostile and self.choice.number(0, 9) == 7
        spoilt = self.choice.of(operation.parameters) if spoiled and operation.parameters else None
        optional = self.knowledge.optional(self.choice, operation)
        arguments: dict[str, Any] = {}
        kind = kind_named(naming.name, operation.name) if naming else ""
        parts = parts_of_places(operation)
        chosen = [(kind, target, parts.get(naming.name, "") if naming else "")] if target else []
        # The innermost object first: an invoice without lines has none to go with it.
        outermost_last = [each for each in reversed(operation.parameters) if each.refers]
        others = [each for each in operation.parameters if not each.refers]
        for parameter in (*outermost_last, *others):
            identified = parameter.role is Role.IDENTITY and not operation.reads_only
            targeted = naming in (None, parameter) and self._can_be(
                operation, parameter, target, references
            )
            if not (parameter.required or identified or targeted or parameter.name in optional):
                continue
            if targeted:
                arguments[parameter.name] = self._naming(operation, parameter, actor, target)
            elif parameter is spoilt and not (identified and self.trusting):
                arguments[parameter.name] = self._hostile()
            else:
                named = kind_named(parameter.name, operation.name)
                part = parts.get(parameter.name, "")
                # What belongs to the other snag says nothing of the project of this one.
                near = [(of, one) for of, one, its in chosen if part == its or of == named]
                value = self._value(operation, parameter, actor, references, near)
                if value is not None:
                    arguments[parameter.name] = value
                if parameter.refers and isinstance(value, str):
                    chosen.append((named, value, part))
        arguments |= later_ends(arguments)
        if operation.reads_only:
            self._as_it_was_stored(operation, arguments)
        return {
            each.name: arguments[each.name]
            for each in operation.parameters
            if each.name in arguments
        }

    def _as_it_was_stored(self, operation: Operation, arguments: dict[str, Any]) -> None:
        """Ask for a text with the values that it was stored with: in another language it is not
        found.
        """
        beside = self.pool.texts.stored_beside(arguments)
        for each in operation.parameters if beside else ():
            name = last_name(each.name)
            if each.role is not Role.VALUE or name not in beside:
                continue
            if beside[name] is not None:
                arguments[each.name] = beside[name]
            elif not each.required:
                arguments.pop(each.name, None)

    def own_value(self, operation: Operation, parameter: Parameter, actor: Actor) -> Any:
        """Return what an actor gives to one argument of their own call.

        Args:
            operation: What is called.
            parameter: Of it.
            actor: Who calls.
        """
        return self._value(operation, parameter, actor, (actor.user or actor.claims,), ())

    @property
    def _texts(self) -> Texts:
        return Texts(self.choice, self.pool, self.subjects, self.plant, self.knowledge)

    def _part_of_a_text(self) -> str:
        return self.choice.of((*[COMMON_WORD] * 3, "xt", "%"))

    def _can_be(
        self, operation: Operation, parameter: Parameter, target: str, references: Sequence[str]
    ) -> bool:
        """Return whether the parameter can name that object of one of these users."""
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
        """Return the object; in a list after an own one, for a check may stop at the first."""
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
        chosen: Sequence[tuple[str, str]],
    ) -> Any:
        if parameter.role is Role.IDENTITY:
            return self.subjects[actor.claims]
        new_name = operation.chooses(parameter) and not self._names_own(operation, parameter, actor)
        if new_name or parameter.role in (Role.TEXT, Role.QUERY, Role.VALUE):
            if "enum" in parameter.schema:
                value = self.knowledge.value(self.choice, operation, parameter)
                return self._placed(value, actor, references)
            known = self.knowledge.known(self.choice, operation, parameter)
            if known is not None:
                return self._placed(known, actor, references)
        if new_name and parameter.schema.get("format") == "uuid":
            # Clients choose it, and it is refused in any other form.
            return self.choice.uuid()
        if new_name and parameter.many:
            # Tags and the like, by which others are named as well.
            return self._texts.words(parameter, actor)
        if new_name:
            return self._new_name(operation, parameter, actor, references)
        if self._says_first(operation, parameter, actor):
            return self._texts.words(parameter, actor)
        if parameter.refers and parameter.many:
            # The first of one's own: a check of it alone would let the others through.
            each = [
                self._reference(operation, parameter, actor, sources, ())
                for sources in (("own",), references)
            ]
            return list(dict.fromkeys(found for found in each if found is not None))
        if parameter.refers:
            return self._reference(operation, parameter, actor, references, chosen)
        if parameter.role is Role.CURSOR:
            return self._cursor(actor)
        if parameter.role is Role.QUERY:
            if not operation.reads_only:
                # What is changed or removed by a phrase is everything that a user has.
                return self.choice.of((*[COMMON_WORD] * 3, "xt"))
            # What is shown for a whole text only is not found by a part of it.
            whole = self._texts.sought(operation, parameter, actor, references)
            return whole if self.choice.number(0, 3) == 3 else self._part_of_a_text()
        if parameter.role is Role.KEY:
            return self._key(actor)
        if parameter.role is Role.TEXT:
            if operation.conversational:
                return self._chat(actor)
            if operation.reads_only:
                return self._texts.sought(operation, parameter, actor, references)
            named = [value for _, value in chosen]
            return self._texts.stored(operation, parameter, actor, named)
        if lists_words(parameter):
            return [COMMON_WORD] if operation.reads_only else self._texts.words(parameter, actor)
        return self.knowledge.value(self.choice, operation, parameter)

    def _names_own(self, operation: Operation, parameter: Parameter, actor: Actor) -> bool:
        """Return whether what is new has the name of what its caller has, as refusals show."""
        if not self.knowledge.names_what_is_there(operation, parameter):
            return False
        return bool(self.pool.references(actor.user or actor.claims, parameter, operation.name))

    def _says_first(self, operation: Operation, parameter: Parameter, actor: Actor) -> bool:
        """Return whether a change takes a list of names, of which its caller has said none yet."""
        if parameter.role is not Role.NAME or not parameter.many or operation.reads_only:
            return False
        me = actor.user or actor.claims
        return not self.pool.references(me, parameter, operation.name, guess=False)

    def _placed(self, value: Any, actor: Actor, references: Sequence[str]) -> Any:
        """Return a value of the file with the users, and a new marker, in their places."""
        me = actor.user or actor.claims
        victim = next((each for each in references if each in self.subjects and each != me), me)
        marker = self.plant(me) if "{marker}" in str(value) else ""

        def filled(text: str) -> str:
            text = text.replace("{user}", self.subjects[actor.claims])
            text = text.replace("{victim}", self.subjects[victim]).replace("{marker}", marker)
            return _END.sub(lambda sized: cut_marker(self.plant(me), int(sized.group(1))), text)

        return map_strings(value, filled)

    def _reference(
        self,
        operation: Operation,
        parameter: Parameter,
        actor: Actor,
        references: Sequence[str],
        chosen: Sequence[tuple[str, str]],
    ) -> str | None:
        source = self.choice.of(list(references))
        me = actor.user or actor.claims
        if source == "missing":
            return self._missing(parameter)
        if source == "own":
            owners = [me]
        elif source == "foreign":
            owners = [user for user in self.subjects if user != me]
        else:
            owners = [str(source)]
        if self._may_be_subject(operation, parameter):
            return self.subjects[self.choice.of(owners)]
        found = self._objects(owners, operation, parameter, guess=False)
        if not found:
            # What the file or the schema says, a refusal listed, or what there is for everybody;
            # then any id, and else there is nothing to refer to: an optional one is left out.
            if "enum" in parameter.schema:
                stated = self.knowledge.value(self.choice, operation, parameter)
                return str(self._placed(stated, actor, references))
            listed = self.knowledge.known(self.choice, operation, parameter)
            if listed is not None:
                return str(listed)
            guess = self._guesses(parameter)
            found = self._objects(owners, operation, parameter, guess=True) if guess else []
        if not found:
            return self._missing(parameter) if parameter.required else None
        # An item of that thread rather than of any.
        kind = kind_named(parameter.name, operation.name)
        # Two that are merged, or between which something is moved, are not one.
        taken = {value for of, value in chosen if of == kind}
        apart = [each for each in found if each not in taken] or found
        others = [each for each in chosen if each[0] != kind]
        together = self.pool.together
        fitting = together.belonging(kind, apart, others) or (
            together.belonging(kind, found, others) or apart
        )
        return self.choice.of(self._placed_somewhere(owners, operation, parameter, fitting, chosen))

    def _placed_somewhere(
        self,
        owners: Sequence[str],
        operation: Operation,
        parameter: Parameter,
        found: Sequence[str],
        chosen: Sequence[tuple[str, str]],
    ) -> Sequence[str]:
        """Return those that stand in an object which can still be named; if none does, all.

        An item is chosen before its thread, which may be gone.
        """
        kind = kind_named(parameter.name, operation.name)
        for other in required_references(operation):
            around = kind_named(other.name, operation.name)
            if other is parameter or around in (kind, *(of for of, _ in chosen)):
                continue
            there = self._objects(owners, operation, other, guess=False)
            placed = [
                each
                for each in found
                if self.pool.together.belonging(around, there, [(kind, each)])
            ]
            found = placed or found
        return found

    def _objects(
        self, owners: Sequence[str], operation: Operation, parameter: Parameter, *, guess: bool
    ) -> list[str]:
        """Return what these users have that the parameter can name."""
        return [
            each
            for owner in owners
            for each in self.pool.references(owner, parameter, operation.name, guess=guess)
        ]

    def _may_be_subject(self, operation: Operation, parameter: Parameter) -> bool:
        """Return whether to name a user: `memory://{name}` may take the caller's own name."""
        if self.knowledge.takes_subject(operation, parameter):
            return True
        numbered = parameter.schema.get("type") in ("integer", "number")
        tried = operation.reads_only and self.knowledge.vain(operation) and not numbered
        if not (tried and parameter.required):
            return False
        known = any(
            self.pool.references(each, parameter, operation.name, guess=False)
            for each in self.subjects
        )
        return not known

    def _guesses(self, parameter: Parameter) -> bool:
        """Return whether any id may stand there where none is known to fit."""
        return True

    def _missing(self, parameter: Parameter) -> str:
        identifier = self.choice.uuid()
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
        """Return a name for a new object: often one that another user has given, as people do."""
        me = actor.user or actor.claims
        victims = [each for each in references if each in self.subjects and each != me]
        theirs = [
            each
            for name in victims
            for each in self.pool.references(name, parameter, operation.name)
        ]
        mine = self.pool.references(me, parameter, operation.name)
        ending = _ending(parameter)
        if not self.choice.coin():
            return cut_to_fit(carried(self.plant(me), parameter) + ending, parameter)
        return self.choice.of([COMMON_WORD + ending, *mine[:2], *theirs[:4]])

    def _cursor(self, actor: Actor) -> str | None:
        me = actor.user or actor.claims
        own = self.pool.cursors(me)
        foreign = [each for user in self.subjects if user != me for each in self.pool.cursors(user)]
        found = own + foreign
        return self.choice.of(found) if found else None

    def _key(self, actor: Actor) -> str:
        """Return a new key, or one that was used: by the actor, or by another user."""
        me = actor.user or actor.claims
        used = {user: self.pool.keys(user) for user in self.subjects}
        others = [key for user, keys in used.items() if user != me for key in keys]
        source = self.choice.number(0, 3)
        if source == 1 and used.get(me):
            return self.choice.of(used[me])
        if source == 2 and others:
            return self.choice.of(others)
        return self.plant(me)

    def _chat(self, actor: Actor) -> str:
        kind = self.choice.number(0, 3)
        if kind == 0:
            return own_request(self.plant(actor.user or actor.claims))
        if kind == 1 or not self.tools:
            return self.choice.of(CHAT_REQUESTS)
        # The model is prompt-injected: it calls any tool with any user's ids.
        tool = self.choice.of(list(self.tools))
        victim = self.choice.of([user for user in self.subjects if user != actor.user])
        as_victim = Actor(actor.name, actor.user, victim)
        arguments = self.arguments(tool, as_victim, references=(victim,), hostile=False)
        return directive(tool, arguments)

    def _hostile(self) -> Any:
        return self.choice.of((*HOSTILE_TEXTS, *_HOSTILE_VALUES))


class HonestDrawer(ArgumentDrawer):
    """Draws what an honest client says: new names, new keys, texts with a marker of its own."""

    def _new_name(
        self,
        operation: Operation,
        parameter: Parameter,
        actor: Actor,
        references: Sequence[str],
    ) -> str:
        planted = carried(self.plant(actor.user or actor.claims), parameter)
        return cut_to_fit(planted + _ending(parameter), parameter)

    def _guesses(self, parameter: Parameter) -> bool:
        return parameter.required

    def _part_of_a_text(self) -> str:
        return COMMON_WORD

    def _key(self, actor: Actor) -> str:
        return self.plant(actor.user or actor.claims)

    def _cursor(self, actor: Actor) -> str | None:
        return None

    def _chat(self, actor: Actor) -> str:
        if self.choice.number(0, 4) < 2:
            return self.choice.of(HONEST_REQUESTS)
        return own_request(self.plant(actor.user or actor.claims))
