"""Texts of arguments: new ones with a marker, and those that were stored before.

What is stored says who planted it. What a reading looks for, what is renamed, and what a reply is
about was stored before: a new text would find nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from crosstalk.core.history import Actor
from crosstalk.core.identifiers import cut_marker, last_name
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.values.choice import Choice
from crosstalk.generator.values.forms.shown import like_example
from crosstalk.generator.values.forms.tables import table_for
from crosstalk.generator.values.forms.words import TAG
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.surface.operation import Operation, Parameter
from crosstalk.surface.patterns import admits

# Every text starts with it, so that one query can match the rows of all users.
COMMON_WORD = "note"
_PASSWORD = re.compile(r"passw|passphrase|pwd", re.IGNORECASE)
# Formats of texts to how a marker stands in them.
_CARRIERS = {
    "email": "{marker}@example.com",
    "idn-email": "{marker}@example.com",
    "uri": "https://example.com/{marker}",
    "url": "https://example.com/{marker}",
    "hostname": "{marker}.example.com",
}
# Names of texts that have a form, where the schema does not say it.
_FORMED_NAMES = (
    (re.compile(r"^e_?mail$|_e_?mail$|^email_?address$", re.IGNORECASE), _CARRIERS["email"]),
    (re.compile(r"^(?:web)?site$|^url$|_url$|^web_?hook$", re.IGNORECASE), _CARRIERS["url"]),
)
# Names of what is renamed or moved, and of what it becomes.
_FORMER = re.compile(r"^(?:old|from|current|source|src|previous|former|existing)(?:_|$)")
_LATTER = re.compile(r"^(?:new|to|target|destination|dest|replacement)(?:_|$)")
# Texts stored last, of which one is looked for.
_LATEST = 6


@dataclass(frozen=True, slots=True)
class Texts:
    """Draws texts for one example.

    Attributes:
        choice: Makes the choices.
        pool: What earlier calls stored.
        subjects: User name to subject.
        plant: Makes a new marker for a user.
        knowledge: What the campaign has learnt about arguments.
    """

    choice: Choice
    pool: ValuePool
    subjects: Mapping[str, str]
    plant: Callable[[str], str]
    knowledge: ArgumentKnowledge

    def stored(
        self, operation: Operation, parameter: Parameter, actor: Actor, named: Sequence[str] = ()
    ) -> str:
        """Return a text for a call that stores or changes something.

        Args:
            operation: What is called.
            parameter: Takes the text.
            actor: Who calls.
            named: Objects that the call names, the innermost first.
        """
        return (
            self._table(operation, parameter, actor)
            or self._former(operation, parameter, actor)
            or self._inside(operation, parameter, named)
            or self._given_before(operation, parameter, actor)
            or self._text(parameter, actor)
        )

    def sought(
        self,
        operation: Operation,
        parameter: Parameter,
        actor: Actor,
        references: Sequence[str],
    ) -> str:
        """Return a text for a reading, which looks for what is stored: a new one finds nothing."""
        me = actor.user or actor.claims
        source = self.choice.of(list(references))
        if source == "missing":
            return self.choice.uuid()
        others = [each for each in self.subjects if each != me]
        owners = [me] if source == "own" else others if source == "foreign" else [str(source)]
        owner = self.choice.of(owners)
        if self.pool.texts.names_user(parameter) and owner in self.subjects:
            return self.subjects[owner]
        first, *_ = self.pool.texts.search_order(owner, operation.name, last_name(parameter.name))
        known = self.pool.texts.at(owner, first, operation.name)
        return self.choice.of(known[-_LATEST:] or [COMMON_WORD])

    def _table(self, operation: Operation, parameter: Parameter, actor: Actor) -> str | None:
        """Return the table that an import asks for, with markers in its cells."""
        me = actor.user or actor.claims
        found = table_for(operation, parameter, COMMON_WORD, lambda: self.plant(me))
        return found or like_example(parameter.schema, COMMON_WORD, lambda: self.plant(me))

    def _former(self, operation: Operation, parameter: Parameter, actor: Actor) -> str | None:
        """Return what is to be renamed or moved: an own name, or a word that was stored."""
        others = {last_name(each.name).lower() for each in operation.parameters}
        if not (_FORMER.match(last_name(parameter.name)) and any(map(_LATTER.match, others))):
            return None
        me = actor.user or actor.claims
        known = [*self.pool.names(me)[-_LATEST:], COMMON_WORD]
        return self.choice.of(known)

    def _inside(
        self, operation: Operation, parameter: Parameter, named: Sequence[str]
    ) -> str | None:
        """Return a text that is in what the call names, where other texts were refused often.

        A contract is signed by the name of its signer, and an entry is corrected where it says so.
        """
        if not self.knowledge.often_vain(operation) or _PASSWORD.search(last_name(parameter.name)):
            return None
        found = self.pool.texts.inside(named)
        return self.choice.of(found[-_LATEST:]) if found and self.choice.coin() else None

    def _given_before(self, operation: Operation, parameter: Parameter, actor: Actor) -> str | None:
        """Return a text that the actor stored under that name, where new ones are refused.

        A reply is that of a guest who was asked, and a barcode is scanned that an article has.
        """
        if not self.knowledge.vain(operation) or _PASSWORD.search(last_name(parameter.name)):
            return None
        me = actor.user or actor.claims
        name = last_name(parameter.name)
        found = self.pool.texts.of(me, name, other_than=operation.name)
        return self.choice.of(found[-_LATEST:]) if found else None

    def words(self, parameter: Parameter, actor: Actor) -> list[str]:
        """Return words for a list of free ones, e.g. tags: one that all use, and a marked one."""
        marked = f"{COMMON_WORD}-{self.plant(actor.user or actor.claims)}"
        most = parameter.schema.get("maxItems")
        return [marked] if most == 1 else [COMMON_WORD, marked]

    def _text(self, parameter: Parameter, actor: Actor) -> str:
        """Return a text with a marker, of a form and length that the schema admits."""
        me = actor.user or actor.claims
        tagged = TAG.search(parameter.name) and admits(parameter.schema, COMMON_WORD)
        if tagged and self.choice.coin():
            # The one tag of a list is one that all users have, or one of their own.
            return COMMON_WORD
        if _PASSWORD.search(last_name(parameter.name)):
            # A user has one password; letters of both cases, a digit and a sign are in it.
            known = actor.user is not None
            marker = (
                self.pool.texts.password(me, lambda: self.plant(me)) if known else self.plant(me)
            )
            forms = [f"Pw-{marker}!", marker]
        else:
            marker = self.plant(me)
            carrier = _carrier(parameter)
            forms = [carrier.format(common=COMMON_WORD, marker=marker), marker]
        shortest = parameter.schema.get("minLength")
        if isinstance(shortest, int):
            forms = [each.ljust(shortest, ".") for each in forms]
        fitting = [each for each in forms if admits(parameter.schema, each)]
        return fitting[0] if fitting else cut_to_fit(forms[-1], parameter)


def carried(planted: str, parameter: Parameter) -> str:
    """Return a marker as a name: inside an address where the argument takes one."""
    carrier = _carrier(parameter)
    return planted if "{common}" in carrier else carrier.format(marker=planted)


def cut_to_fit(planted: str, parameter: Parameter) -> str:
    """Return a marker, or as much of its end as the schema has room for."""
    longest = parameter.schema.get("maxLength")
    short = isinstance(longest, int) and longest < len(planted)
    return cut_marker(planted, longest) if short and isinstance(longest, int) else planted


def _carrier(parameter: Parameter) -> str:
    """Return the form of a text with a marker in it: by its format, or by its name."""
    said = _CARRIERS.get(str(parameter.schema.get("format")))
    name = last_name(parameter.name)
    named = (carrier for pattern, carrier in _FORMED_NAMES if pattern.search(name))
    return said or next(named, "{common} {marker}")
