"""Sharing served once: a system in memory that shares folders by invitation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.core.policy import Person, Policy, Share
from crosstalk.core.principals import ALICE, BOB, USERS, Principals
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.sweep import Sweep
from crosstalk.generator.shares.sharing_served import by_sharing_alone, serve_sharing
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import Notes

IDENTITY = Parameter("user_id", {"type": "string"}, True, Role.IDENTITY)
FOLDER = Parameter("folder_id", {"type": "string"}, True, Role.REFERENCE)
INVITATION = Parameter("invitation_id", {"type": "string"}, True, Role.REFERENCE)
INVITEE = Parameter("invitee_id", {"type": "string"}, True, Role.REFERENCE)
MEMBER = Parameter("member_id", {"type": "string"}, True, Role.REFERENCE)
NAME = Parameter("name", {"type": "string"}, True, Role.TEXT)
ROLE = Parameter("role", {"type": "string", "enum": ["viewer", "editor"]}, True, Role.VALUE)

ADD = Operation("rest", "rest:POST /folders", (IDENTITY, NAME), reads_only=False)
LIST = Operation("rest", "rest:GET /folders", (IDENTITY,), reads_only=True, lists=True)
INVITE = Operation(
    "rest", "rest:POST /folders/{folder_id}/invitations", (IDENTITY, FOLDER, INVITEE), False
)
ACCEPT = Operation(
    "rest", "rest:POST /invitations/{invitation_id}/accept", (IDENTITY, INVITATION), False
)
PROMOTE = Operation(
    "rest",
    "rest:PATCH /folders/{folder_id}/members/{member_id}",
    (IDENTITY, FOLDER, MEMBER, ROLE),
    False,
)
REMOVE = Operation(
    "rest",
    "rest:DELETE /folders/{folder_id}/members/{member_id}",
    (IDENTITY, FOLDER, MEMBER),
    False,
)
OPERATIONS = (ADD, LIST, INVITE, ACCEPT, PROMOTE, REMOVE)
SHARED = Share(
    (INVITE.name,), "invitee_id", "folder_id", (REMOVE.name,), (ACCEPT.name,), change=False
)
PROMOTED = Share(
    (PROMOTE.name,),
    "member_id",
    "folder_id",
    (REMOVE.name,),
    change=True,
    where={"role": "editor"},
    members=True,
)
POLICY = Policy({name: Person(name) for name in USERS}, shares=(SHARED, PROMOTED))
MISSING = Answer(Outcome.ERROR, 404, None, {}, "not_found")


@dataclass
class Folders(Notes):
    """Folders that their owners share."""

    owners: dict[str, str] = field(default_factory=dict)
    invited: dict[str, tuple[str, str]] = field(default_factory=dict)
    members: set[tuple[str, str]] = field(default_factory=set)

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(OPERATIONS)

    def call(self, operation: Operation, arguments: Mapping[str, Any], presented: Any) -> Answer:
        """Serve owners, invited people, and no other user."""
        self.calls += 1
        caller = presented.headers.get("caller", "")
        if not caller or caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        self.made += 1
        made = f"01a1fc95-41f3-4131-b962-{self.made * 7919:012d}"
        folder = str(arguments.get("folder_id", ""))
        member = (folder, str(arguments.get("member_id", "")))
        if operation is LIST:
            mine = [each for each, owner in self.owners.items() if owner == caller]
            return Answer(Outcome.OK, 200, [{"id": each} for each in mine])
        if operation is ADD:
            self.owners[made] = caller
            return Answer(Outcome.OK, 201, {"id": made, "name": arguments["name"]})
        if operation is ACCEPT:
            invitation = str(arguments["invitation_id"])
            if self.invited.get(invitation, ("", ""))[1] != caller:
                return MISSING
            self.members.add(self.invited.pop(invitation))
            return Answer(Outcome.OK, 200, {"accepted": invitation})
        if self.owners.get(folder) != caller:
            return MISSING
        if operation is INVITE:
            if arguments["invitee_id"] not in self.subjects or arguments["invitee_id"] == caller:
                return Answer(Outcome.ERROR, 422, None, {}, "no_such_user")
            self.invited[made] = (folder, str(arguments["invitee_id"]))
            return Answer(Outcome.OK, 201, {"id": made, "folder_id": folder})
        if member not in self.members:
            return MISSING
        if operation is REMOVE:
            self.members.remove(member)
            return Answer(Outcome.OK, 204, None)
        return Answer(Outcome.OK, 200, {"member_id": member[1], "role": arguments["role"]})

    @property
    def subjects(self) -> list[str]:
        """The users that there are."""
        return [f"{name}-1" for name in USERS]


def make_state(folders: Folders, service: ServiceRecord) -> GeneratorState:
    """What the examples of one campaign on the folders share."""
    operations = {each.name: each for each in folders.discover()}
    return GeneratorState(
        executor=Executor(
            {each.surface: folders for each in operations.values()}, operations, folders
        ),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}, policy=POLICY),
        observations=[LIST],
        forgeries=(),
        on_example_end=service.take,
        stopped=lambda: folders.calls >= 1_000,
        unserved=service.unserved,
        principals=Principals(impostors=()),
    )


def test_owners_neither_accept_nor_change_or_remove_members_that_are_not_there() -> None:
    folders = Folders()
    state = make_state(folders, ServiceRecord({each.name: each for each in OPERATIONS}))
    example = ExampleRun(state, Capabilities.of(list(OPERATIONS)))
    assert [each for each in OPERATIONS if by_sharing_alone(example, each)] == [
        ACCEPT,
        PROMOTE,
        REMOVE,
    ]


def test_few_calls_serve_all_that_shares_and_leave_an_invitation_open() -> None:
    folders = Folders()
    state = make_state(folders, ServiceRecord({each.name: each for each in OPERATIONS}))
    example = ExampleRun(state, Capabilities.of(list(OPERATIONS)))
    serve_sharing(example, Random(1), ALICE, BOB, ["rest"])
    assert all(state.served[each.name] for each in (INVITE, ACCEPT, PROMOTE, REMOVE))
    assert folders.calls <= 8
    assert len(folders.invited) == 1
    # What was served is not served again.
    serve_sharing(example, Random(1), ALICE, BOB, ["rest"])
    assert folders.calls <= 8


def test_the_sweep_serves_all_that_shares_without_trying_it_as_the_owner() -> None:
    folders = Folders()
    service = ServiceRecord({each.name: each for each in OPERATIONS})
    Sweep(make_state(folders, service), dict, Random(1), 1_000).run()
    assert not service.unserved()
    assert folders.calls <= 150
