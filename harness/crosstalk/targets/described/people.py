"""People of a description: whom each principal stands for, their tenant, their roles."""

from __future__ import annotations

from crosstalk.core.policy import Person
from crosstalk.core.principals import ALL_PRINCIPALS
from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.policy_config import PER_TENANT


def member_names(config: TargetConfig) -> dict[str, str]:
    """Map the file's name of each user to the principal's; made-up users have one name."""
    members = [each.name for each in ALL_PRINCIPALS.members]
    if not config.users:
        return {each: each for each in members}
    return dict(zip(config.users, members, strict=False))


def people_of(config: TargetConfig) -> dict[str, Person]:
    """Return the users as a policy knows them, by the principal's name."""
    tenants = {
        user: tenant
        for tenant, members in config.tenants.items()
        if isinstance(members, list)
        for user in members
    }
    size = config.tenants.get(PER_TENANT)
    claims = next(
        (each.mint.claims_of for each in config.identities().values() if each.mint is not None), {}
    )
    people = {}
    for place, (name, member) in enumerate(member_names(config).items()):
        tenant = tenants.get(name, "")
        if isinstance(size, int):
            tenant = f"tenant-{place // size + 1}"
        roles = tuple(role for role, members in config.roles.items() if name in members)
        people[member] = Person(member, tenant, roles, dict(claims.get(name, {})), name)
    return people


def attributes_of(config: TargetConfig, person: Person, nonce: str = "") -> dict[str, str]:
    """Return what stands for `{tenant}` and `{role}` in a user's name, token and claims.

    Args:
        config: The file.
        person: The user.
        nonce: Of the example, where users are made up; tenants are made up with them.
    """
    tenant = person.tenant
    if tenant and nonce:
        tenant = config.tenant_names.replace("{tenant}", tenant).replace("{nonce}", nonce)
    return {"tenant": tenant, "role": next(iter(person.roles), "")}
