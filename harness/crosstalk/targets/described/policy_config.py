"""The tables of a `crosstalk.toml` that say who may see what; docs/policy.md explains them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from crosstalk.core.errors import did_you_mean
from crosstalk.core.policy.conditions import ConditionError, parsed
from crosstalk.core.policy.model import EVERYBODY
from crosstalk.targets.described.strict import Strict, Texts

PER_TENANT = "per_tenant"
# Roles that calls give need no user who begins with them.
Access = Literal["read", "change"]


class AllowConfig(Strict):
    """Right of some users to reach more than their own.

    Attributes:
        to: Roles and users; `*` for all.
        scope: Whose data: `tenant` is that of their own tenant's users, `any` any user's; `own`
            permits nothing more.
        operations: By which operations, as patterns; all by default.
        access: `read`, or `change`, which includes reading.
        when: A condition over attributes, e.g. `subject.tenant == owner.tenant`.
    """

    to: Texts = Field(min_length=1)
    scope: Literal["own", "tenant", "any"] = "own"
    operations: Texts = Field(default_factory=lambda: [EVERYBODY], min_length=1)
    access: Access = "read"
    when: str = ""

    @field_validator("when")
    @classmethod
    def _is_condition(cls, value: str) -> str:
        if value:
            try:
                parsed(value)
            except ConditionError as error:
                raise ValueError(f"policy.allow.when: {error}") from error
        return value


class ReserveConfig(Strict):
    """Operations that only some may call.

    Attributes:
        to: Roles and users.
        operations: As patterns, e.g. `* /admin/*`.
    """

    to: Texts = Field(min_length=1)
    operations: Texts = Field(min_length=1)


class ShareConfig(Strict):
    """A call that opens sharing, and calls that end it.

    Attributes:
        opens: The operation that opens it, or invites; several where there are several ways.
        object: The argument of it that names the object.
        person: The argument of it that names the person, or the group.
        code: The argument of `accept` that says the code, or the token of a link, which the opening
            call answered: the person is then who says it.
        ends: Operations that end it.
        accept: The operation by which the person accepts, where that is needed; or several.
        role: The role that is given, where it is a role and no object.
        access: What the person may do.
        where: Argument of the opening call to the value that it must have, e.g. `role = "editor"`.
        members: Whether only a person who has a share in the object can be given this one.
        transfers: Whether the object is the person's own from then on.
    """

    opens: Texts = Field(min_length=1)
    person: str = ""
    code: str = ""
    object: str = ""
    ends: Texts = Field(default_factory=list)
    accept: Texts = Field(default_factory=list)
    role: str = ""
    access: Access = "read"
    where: dict[str, str] = Field(default_factory=dict)
    members: bool = False
    transfers: bool = False

    @model_validator(mode="after")
    def _gives_one_thing(self) -> ShareConfig:
        if bool(self.object) == bool(self.role):
            raise ValueError(
                "policy.share: set one of object, the argument that names what is shared, and "
                "role, the role that is given"
            )
        if bool(self.person) == bool(self.code):
            raise ValueError(
                "policy.share: set one of person, the argument of opens that names who is given "
                "the share, and code, the argument of accept that says the code that opens answered"
            )
        if self.code and (self.role or not self.accept):
            raise ValueError(
                "policy.share.code is of a share in an object: set object, and accept, the "
                "operation that takes the code"
            )
        return self


class SuspendConfig(Strict):
    """Calls that disable users' accounts, and enable them again.

    Attributes:
        to: Roles and users who may call them.
        disables: The operation that disables an account, or several.
        enables: The operation that enables it again, or several.
        person: The argument of them that names the user.
        lists: Operations that show who has an account.
    """

    to: Texts = Field(min_length=1)
    disables: Texts = Field(min_length=1)
    enables: Texts = Field(min_length=1)
    person: str
    lists: Texts = Field(default_factory=list)


class FieldsConfig(Strict):
    """Fields of answers, as patterns of their names.

    Attributes:
        forbidden: No answer ever holds them.
        own: Only the answer to the user whose they are holds them.
    """

    forbidden: Texts = Field(default_factory=list)
    own: Texts = Field(default_factory=list)


class PolicyConfig(Strict):
    """Rules that say who may see what.

    Attributes:
        boundary: Who is kept apart: every user, or every tenant.
        allow: What some may reach beside that.
        reserve: Operations that only some may call.
        share: Sharing that calls open and end.
        fields: Fields that answers do not hold.
        transcripts: Operations that show again what they showed their reader before: what a
            conversation holds stays with who had it.
        suspend: Calls that disable users' accounts, and enable them again.
    """

    boundary: Literal["user", "tenant"] = "user"
    allow: list[AllowConfig] = Field(default_factory=list)
    reserve: list[ReserveConfig] = Field(default_factory=list)
    share: list[ShareConfig] = Field(default_factory=list)
    fields: FieldsConfig = FieldsConfig()
    transcripts: Texts = Field(default_factory=list)
    suspend: list[SuspendConfig] = Field(default_factory=list)

    def operations(self) -> Iterator[tuple[str, str]]:
        """Return every pattern of operations, after the setting that it stands in."""
        for each in self.allow:
            yield from (("policy.allow.operations", name) for name in each.operations)
        for reserve in self.reserve:
            yield from (("policy.reserve.operations", name) for name in reserve.operations)
        for share in self.share:
            yield from (("policy.share.opens", name) for name in share.opens)
            yield from (("policy.share.ends", name) for name in share.ends)
            yield from (("policy.share.accept", name) for name in share.accept)
        for suspend in self.suspend:
            yield from (("policy.suspend.disables", name) for name in suspend.disables)
            yield from (("policy.suspend.enables", name) for name in suspend.enables)
            yield from (("policy.suspend.lists", name) for name in suspend.lists)
        yield from (("policy.transcripts", name) for name in self.transcripts)


def check_people(
    tenants: Mapping[str, Any],
    roles: Mapping[str, list[str]],
    policy: PolicyConfig | None,
    users: Collection[str],
) -> None:
    """Check that tenants, roles and rules name users, tenants and roles that there are.

    Raises:
        ValueError: One does not; the message says which, and the nearest.
    """
    size = tenants.get(PER_TENANT)
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        raise ValueError("tenants.per_tenant is the number of users of a tenant: write 1 or more")
    listed: dict[str, str] = {}
    for tenant, members in tenants.items():
        if tenant == PER_TENANT:
            continue
        if not isinstance(members, list):
            raise ValueError(f'tenants.{tenant} lists its users: write e.g. ["{min(users)}"]')
        for member in members:
            _require_user(f"tenants.{tenant}", member, users)
            if member in listed:
                raise ValueError(
                    f"{member} is in the tenants {listed[member]} and {tenant}: name one"
                )
            listed[member] = tenant
    if listed and size is not None:
        raise ValueError("tenants lists users, so that per_tenant has no meaning: leave one out")
    for role, members in roles.items():
        for member in members:
            _require_user(f"roles.{role}", member, users)
    if policy is None:
        return
    if policy.boundary == "tenant" and not tenants:
        raise ValueError('policy.boundary is "tenant": say who is in which, under [tenants]')
    known = {*users, *roles, EVERYBODY, *(each.role for each in policy.share if each.role)}
    for setting, rules in (
        ("allow", policy.allow),
        ("reserve", policy.reserve),
        ("suspend", policy.suspend),
    ):
        for name in (name for rule in rules for name in rule.to):
            if name not in known:
                raise ValueError(
                    f"policy.{setting}.to names {name!r}, which is neither a role nor a user"
                    f"{did_you_mean(name, known - {EVERYBODY})}"
                )
    if any(each.scope == "tenant" for each in policy.allow) and not tenants:
        raise ValueError('policy.allow.scope is "tenant": say who is in which, under [tenants]')


def _require_user(setting: str, name: object, users: Collection[str]) -> None:
    if name not in users:
        raise ValueError(
            f"{setting} names {name!r}, who is not a user{did_you_mean(str(name), users)}"
        )
