"""The policy of a description: its people by principal, its rules held against the operations."""

from __future__ import annotations

from collections.abc import Mapping

from crosstalk.core.errors import did_you_mean
from crosstalk.core.identifiers import last_name
from crosstalk.core.policy import Allow, Fields, Policy, Reserve, Share, Suspend
from crosstalk.core.policy.model import matches
from crosstalk.surface.operation import Operation
from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.loading import TargetFileError
from crosstalk.targets.described.people import member_names, people_of
from crosstalk.targets.described.policy_config import ShareConfig


def policy_of(
    config: TargetConfig,
    operations: Mapping[str, Operation],
    left_out: Mapping[str, str] | None = None,
) -> Policy | None:
    """Return the policy that a file describes; None where it describes none.

    Args:
        config: The file.
        operations: What the system offers.
        left_out: What it offers and is not called, each with the reason.

    Raises:
        TargetFileError: A rule names an operation or an argument that does not exist.
    """
    described = config.policy
    if described is None:
        return None
    for setting, pattern in described.operations():
        if not any(matches((pattern,), each) for each in operations):
            for left, reason in (left_out or {}).items():
                if matches((pattern,), left):
                    raise TargetFileError(
                        f"{setting} names {pattern!r}, and {left.partition(':')[2]} is left out "
                        f"({reason}): a run calls what a policy is about, so take it out of "
                        "rest.skip, or of the policy"
                    )
            short = {each.partition(":")[2] for each in operations}
            raise TargetFileError(
                f"{setting} names {pattern!r}, and no operation is called so"
                f"{did_you_mean(pattern, short)}"
            )
    for share in described.share:
        _require_arguments(share, operations)
    for suspend in described.suspend:
        for name, operation in operations.items():
            short = {last_name(each.name) for each in operation.parameters}
            if matches((*suspend.disables, *suspend.enables), name) and suspend.person not in short:
                raise TargetFileError(
                    f"policy.suspend.person names {suspend.person!r}, which is no argument of "
                    f"{name}{did_you_mean(suspend.person, short)}"
                )
    names = member_names(config)

    def who(listed: list[str]) -> tuple[str, ...]:
        return tuple(names.get(each, each) for each in listed)

    return Policy(
        people=people_of(config),
        boundary=described.boundary,
        allows=tuple(
            Allow(
                who(each.to),
                each.scope,
                tuple(each.operations),
                each.access == "change",
                each.when,
            )
            for each in described.allow
        ),
        reserves=tuple(Reserve(who(e.to), tuple(e.operations)) for e in described.reserve),
        shares=tuple(
            Share(
                tuple(each.opens),
                each.person,
                each.object,
                tuple(each.ends),
                tuple(each.accept),
                each.role,
                each.access == "change",
                each.where,
                each.members,
                each.transfers,
                each.code,
            )
            for each in described.share
        ),
        fields=Fields(tuple(described.fields.forbidden), tuple(described.fields.own)),
        transcripts=tuple(described.transcripts),
        suspends=tuple(
            Suspend(
                who(each.to),
                tuple(each.disables),
                tuple(each.enables),
                each.person,
                tuple(each.lists),
            )
            for each in described.suspend
        ),
    )


def _require_arguments(share: ShareConfig, operations: Mapping[str, Operation]) -> None:
    # What a code is made for may be what the same call makes, and is then no argument of it.
    shared = "" if share.code else share.object
    opening = [("object", shared), ("person", share.person), *(("where", e) for e in share.where)]
    for name, operation in operations.items():
        known = [each.name for each in operation.parameters]
        short = {*known, *map(last_name, known)}
        asked = [*opening] if matches(share.opens, name) else []
        asked += [("code", share.code)] if matches(share.accept, name) else []
        for setting, argument in asked:
            if argument and argument not in short:
                raise TargetFileError(
                    f"policy.share.{setting} names {argument!r}, which is no argument of {name}"
                    f"{did_you_mean(argument, short)}"
                )
