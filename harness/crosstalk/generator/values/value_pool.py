"""Values harvested from earlier answers, by the user who received them.

A campaign goes deep by them: an id that exists reaches code that a random one never
does. A reference parameter prefers values of its own kind: `task_id` takes ids that came from an
operation, or stood under a field, whose name speaks of tasks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

from crosstalk.core.history import Call, Outcome
from crosstalk.core.identifiers import (
    identifiers_in,
    identifiers_of,
    is_drawn,
    is_short_id,
    is_worded_id,
    last_name,
    marked_for_others,
    markers_in,
    strings_in,
)
from crosstalk.core.object_kinds import (
    CURSOR_FIELD,
    IDENTIFYING_FIELDS,
    deletes,
    has_own_id,
    is_of_kind,
    is_plain,
    kind_before,
    kind_named,
    kind_of_field,
    noun_of,
    singular,
)
from crosstalk.core.owned_objects import OwnedObject
from crosstalk.generator.values.field_lessons import FieldLessons
from crosstalk.generator.values.fitting_ids import FittingIds, KeptIds
from crosstalk.generator.values.harvested import (
    ID_FIELD,
    OBJECT_ID,
    Harvested,
    fits,
    identifies,
    numbers_named,
)
from crosstalk.generator.values.removed_objects import RemovedObjects
from crosstalk.generator.values.seen_together import SeenTogether
from crosstalk.generator.values.stored_texts import StoredTexts
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation, Parameter, Role

_VARIABLE = re.compile(r"linked\.[^.]+\.\d+")
# What stands under the name of a reference and is longer is no reference.
_LONGEST_REFERENCE = 200
# An id that prose holds and says no kind of.
_IN_PROSE = re.compile(r"(^|\.)ids\.\d+\.id$")
# Characters of a code that no two objects have by chance.
_LONG_CODE = 8


class ValuePool:
    """Ids, cursors, keys and names seen in this example, by the user who received or gave them.

    Args:
        reference_fields: Names of arguments that refer to objects, e.g. `slug`: what answers hold
            under such a name is an id, whatever it looks like.
        lessons: What was learnt about the fields that arguments take.

    Attributes:
        texts: What users have stored in words.
        together: Which ids belong with which.
    """

    def __init__(
        self, reference_fields: Collection[str] = (), lessons: FieldLessons | None = None
    ) -> None:
        self._reference_fields = frozenset(reference_fields)
        self._lessons = FieldLessons() if lessons is None else lessons
        self.texts = StoredTexts(self._lessons)
        self._kept = KeptIds()
        self._fitting = FittingIds(self._kept, self._lessons)
        self._cursors: defaultdict[str, dict[str, Harvested]] = defaultdict(dict)
        self._keys: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._subjects: set[str] = set()
        self._first: dict[str, str] = {}
        self.together = SeenTogether()
        self._removed = RemovedObjects(self._lessons.of_present)
        self._public: frozenset[str] = frozenset()

    def know_subjects(self, subjects: set[str]) -> None:
        """Keep the subjects, which are identities and not references to objects."""
        self._subjects = subjects

    def know_public(self, values: Collection[str]) -> None:
        """Keep what others may know: a finding cannot rest on it (`History.public_values`)."""
        self._public = frozenset(values)

    def know_objects(self, owned: Sequence[OwnedObject]) -> None:
        """Keep the ids of objects that existed before, each for its owner."""
        for each in owned:
            item = Harvested(each.id, each.field, each.kind)
            kind = each.kind if is_short_id(each.id) else ""
            self._first[each.id] = each.owner
            self._kept.ids[each.owner].setdefault((kind, each.id), item)

    def keep_names(self, call: Call, operation: Operation) -> None:
        """Keep the names that a user gave to stored objects, and what the user has removed."""
        if call.actor.user is None or call.answer.outcome is not Outcome.OK:
            return
        named = required_references(operation)[-1:] if removes(operation) else []
        own = [
            each
            for one in named
            for each in self.references(call.actor.user, one, operation.name, removed=True)
        ]
        self._removed.note(call, operation, own)
        if operation.stores:
            self.texts.keep_beside(call, operation)
            self.texts.keep_inside(call, operation)
        for parameter in operation.parameters:
            given = call.arguments.get(parameter.name)
            if parameter.role is Role.TEXT and operation.stores and isinstance(given, str):
                self.texts.keep(call.actor.user, parameter, given, operation.name)
            short = last_name(parameter.name)
            if operation.chooses(parameter):
                self._keep_name(call.actor.user, short, given)
            names = short in self._reference_fields and short in IDENTIFYING_FIELDS
            # What a user chose to call something is not always shown to them again.
            chosen = short in self._reference_fields and parameter.role is Role.NAME
            labels = (chosen or (names and parameter.role is Role.TEXT)) and operation.stores
            if operation.stores and isinstance(given, list):
                self._keep_words(call.actor.user, parameter, given)
            if labels and isinstance(given, str):
                item = Harvested(given, short, singular(noun_of(operation.name)))
                self._kept.labels[call.actor.user].setdefault(given, item)

    def _keep_name(self, user: str, argument: str, given: object) -> None:
        """Keep what a user calls something; of a list each, under the name of one of them."""
        names = self._kept.names[user]
        if isinstance(given, str):
            names[argument, given] = None
        elif isinstance(given, list):
            names.update(dict.fromkeys((singular(argument), str(each)) for each in given))

    def _keep_words(self, user: str, parameter: Parameter, given: Sequence[object]) -> None:
        """Keep words of a list by which objects are named elsewhere: `tags`, `/tags/{tag}`."""
        name = singular(last_name(parameter.name.removesuffix("[]")))
        if parameter.refers or name not in self._reference_fields:
            return
        for each in given:
            if isinstance(each, str):
                self._kept.labels[user].setdefault(each, Harvested(each, name, name))

    def harvest(self, call: Call) -> None:
        """Keep the ids and cursors in an answer; note objects that their owner finds no more."""
        self._notice_missing(call)
        self._learn_fields(call)
        self._learn_kinds(call)
        if call.actor.user is None or call.answer.outcome is not Outcome.OK:
            return
        sent = call.sent
        named = {str(each) for each in call.arguments.values()}
        found = [*call.paths, *numbers_named(call.answer.body, self._reference_fields)]
        received = call.received | identifiers_of(dict(call.answer.linked))
        has_id = has_own_id(found)
        for path, text in found:
            name = next((part for part in reversed(path.split(".")) if not part.isdigit()), "")
            if text in self._subjects and text not in named:
                self._lessons.subject_fields.add(name)
            self.texts.keep_shown(name, text)
            if _IN_PROSE.search(path) and ("", text) in self._kept.ids[call.actor.user]:
                # "Inspection 341db366 of north": what is known as a hive is no inspection.
                continue
            item = Harvested(text, name, kind_of_field(path, call.operation, has_id=has_id))
            # What stood in a URI names something, whatever its variable is called.
            variable = _VARIABLE.fullmatch(path) is not None
            if is_short_id(text) and (variable or ID_FIELD.search(name)):
                # Several users may have it, each for an object of their own.
                if text not in named and text not in self._subjects:
                    self._keep(call, item, item.kind)
                self.together.note_number(call, path, item, found, has_id=has_id)
                continue
            if OBJECT_ID.search(name) and is_worded_id(text):
                # It may be a word as well, and belongs to the user who was shown it first.
                self._keep_reference(call, item, named)
                continue
            if name in self._reference_fields and not ID_FIELD.search(name):
                if name in IDENTIFYING_FIELDS:
                    # A slug is one of what it stands in, not of slugs.
                    holder = path.removesuffix(name)
                    kind = kind_of_field(f"{holder}id", call.operation, has_id=has_id)
                    item = Harvested(text, name, kind)
                if text.isdigit() and text not in named:
                    # Objects of each user may be numbered from 1.
                    self._keep(call, item, item.kind)
                    self.together.note_number(call, path, item, found, has_id=has_id)
                    continue
                self._keep_reference(call, item, named)
                continue
            # What the caller sent comes back to them, and makes nothing theirs: an assistant
            # repeats the arguments of its calls, other users' ids among them.
            repeated = identifiers_in(text) & sent
            if repeated and not (ID_FIELD.search(name) and self._links(call, text, repeated)):
                continue
            if self._first.setdefault(text, call.actor.user) != call.actor.user:
                continue
            told = bool(identifiers_in(text)) or "://" in text
            if CURSOR_FIELD.search(name):
                self._cursors[call.actor.user].setdefault(text, item)
            elif (variable or (told and ID_FIELD.search(name))) and text not in self._subjects:
                self._keep(call, item)
                self.together.note(text, sent | received)

    def _links(self, call: Call, text: str, named: set[str]) -> bool:
        """Return whether a text is a URI, and not sent so, of what is the caller's."""
        if "://" not in text or text in call.sent:
            return False
        mine = {each.value for each in self._kept.ids[str(call.actor.user)].values()}
        return named <= mine

    def _keep(self, call: Call, item: Harvested, kind: str = "") -> None:
        """Keep an id for the caller, and which operation shows such ids."""
        mine = self._kept.ids[str(call.actor.user)]
        if mine.setdefault((kind, item.value), item).kind != item.kind:
            # What `lend` gave out is a loan, as a list of loans says.
            mine.setdefault((item.kind, item.value), item)
        self._lessons.note_source(item.field, item.kind, call.operation)

    def _keep_reference(self, call: Call, item: Harvested, named: set[str]) -> None:
        """Keep what stands under a reference's name; a slug may be made of what its owner sent."""
        user, text = str(call.actor.user), item.value
        if not text or len(text) > _LONGEST_REFERENCE or text in named or text in self._subjects:
            return
        if not marked_for_others(text, user) and self._first.setdefault(text, user) == user:
            self._keep(call, item)

    def _learn_fields(self, call: Call) -> None:
        """Note how calls were answered that named an own object by an argument of plain name."""
        user, answer = call.actor.user, call.answer
        served = answer.outcome is Outcome.OK
        if user is None or call.actor.claims != user:
            return
        if not served and answer.outcome not in (Outcome.ERROR, Outcome.REFUSED):
            return
        if not served and call.probe is not None and call.probe.kind == "existence":
            # It was refused for what is another's, whatever else it named.
            return
        for argument, value in call.arguments.items():
            name = last_name(argument)
            if not isinstance(value, str | int):
                continue
            if not is_plain(name):
                # A small number is that of many objects.
                kind = "" if str(value).isdigit() else kind_named(argument, call.operation)
                for each in self._kept.ids[user].values() if served else ():
                    if each.value == str(value):
                        self._lessons.note_taken(call.operation, argument, each.field, each.kind)
                        if kind and not is_of_kind(each.kind, kind):
                            self._lessons.note_kind(kind, each.field, each.kind)
                continue
            for each in self._kept.items(user):
                if each.value == str(value):
                    self._lessons.learn(name, each.field, each.kind, served=served)

    def _learn_kinds(self, call: Call) -> None:
        """Note of what kind an argument's object is to be: "Person t-1 was not found" says it."""
        if call.answer.outcome is not Outcome.ERROR:
            return
        said = " ".join([call.answer.message or "", *strings_in(call.answer.body)])
        for argument, value in call.arguments.items():
            if not isinstance(value, str) or not value or value not in said:
                continue
            before = re.search(rf"\b([A-Za-z]{{3,20}})\s+[`'\"(]?{re.escape(value)}", said)
            kind = singular(before.group(1).lower()) if before else ""
            if any(is_of_kind(of, kind) for _, of, _ in self._lessons.known_sources()):
                self._lessons.kinds[call.operation, argument] = kind

    def _notice_missing(self, call: Call) -> None:
        """Note that an object is gone where its owner was told so, and nothing else was named."""
        user, answer = call.actor.user, call.answer
        if user is None or call.actor.claims != user:
            return
        if answer.status == 404 or answer.code == "not_found":
            if self._names_more(call, user):
                return
            for argument, value in call.arguments.items():
                item = self._kept.ids[user].get(("", value)) if isinstance(value, str) else None
                kind = kind_named(argument, call.operation)
                if item is not None and fits(item, last_name(argument), kind):
                    self._kept.gone.add(item.value)
        elif answer.outcome is Outcome.OK and not deletes(call.operation):
            # It is there again, e.g. taken out of a bin.
            self._kept.gone -= call.received

    def _names_more(self, call: Call, user: str) -> bool:
        """Return whether a call names more than one thing that may be the missing one."""
        texts = [str(each) for each in call.arguments.values() if not isinstance(each, bool)]
        own = [each for each in texts if ("", each) in self._kept.ids[user]]
        others = [each for each in texts if each not in own and each not in self._subjects]
        return len(own) > 1 or any(not markers_in(each) for each in others)

    def references(
        self,
        user: str,
        parameter: Parameter,
        operation: str,
        *,
        guess: bool = True,
        removed: bool = False,
        new: bool = False,
    ) -> list[str]:
        """Return ids that `user` has received and that fit the parameter, oldest first.

        Kinds are guessed by names: where no user has any that fit, any id may, unless `guess` is
        false. What others may know already is left out where there is anything else, and so is
        what its owner has removed, unless `removed` is true or the operation takes it back. With
        `new` nothing that others may know, or that was removed, is returned at all.
        """
        found = self._fitting.of(user, parameter, operation, guess=guess)
        found = self._unknown(user, found) or ([] if new else found)
        if removed:
            return found
        return self._removed.preferred(found, parameter.name, operation, there=new)

    def _unknown(self, user: str, values: Sequence[str]) -> list[str]:
        """Return those of a user's ids of which it is not known that others may have seen them."""
        if not self._public:
            return list(values)
        known = {
            each.value
            for each in self._kept.ids[user].values()
            if each.value in self._public or f"{each.kind} {each.value}" in self._public
        }
        return [
            each
            for each in values
            if each not in known and self._public.isdisjoint(markers_in(each))
        ]

    def names_users(self, parameter: Parameter) -> bool:
        """Return whether answers have shown users under the name of an argument: `athlete`."""
        return not parameter.required and last_name(parameter.name) in self._lessons.subject_fields

    def sources(self, parameter: Parameter, operation: str) -> list[str]:
        """Return the operations that have shown ids which fit the parameter."""
        name, kind = last_name(parameter.name), kind_named(parameter.name, operation)
        plain = is_plain(name) and not parameter.many
        known = self._lessons.known_sources()
        found = [
            each
            for field, of, each in known
            if fits(Harvested("", field, of), name, kind)
            or (plain and identifies(field) and is_of_kind(of, kind))
        ]
        told = kind_before(parameter.name, operation)
        return found or [
            each for field, of, each in known if fits(Harvested("", field, of), name, told)
        ]

    def kinds_shown(self, operation: str) -> set[str]:
        """Return the kinds of objects of which an operation has shown ids."""
        return {kind for _, kind, name in self._lessons.known_sources() if name == operation}

    def names(self, user: str) -> list[str]:
        """Return the names that `user` gave to objects, oldest first."""
        return list(dict.fromkeys(chosen for _, chosen in self._kept.names[user]))

    def long_ids(self, user: str) -> list[str]:
        """Return the ids of objects that `user` has received and that name no other's by chance."""
        found = [
            value
            for _, value in self._kept.ids[user]
            if not is_short_id(value) or (is_drawn(value) and len(value) >= _LONG_CODE)
        ]
        return self._unknown(user, found) or found

    def is_first_of(self, user: str, value: str) -> bool:
        """Return whether no user has received or said a value before `user`."""
        return not marked_for_others(value, user) and self._first.get(value, user) == user

    def keep_key(self, user: str, key: str) -> None:
        """Keep a key under which this user made a call."""
        self._keys[user].setdefault(key)

    def keys(self, user: str) -> list[str]:
        """Return keys under which `user` has made calls, oldest first."""
        return list(self._keys[user])

    def knows_key(self, key: str) -> bool:
        """Return whether any user has made a call under that key."""
        return any(key in known for known in self._keys.values())

    def cursors(self, user: str) -> list[str]:
        """Return cursors that `user` has received."""
        return list(self._cursors[user])
