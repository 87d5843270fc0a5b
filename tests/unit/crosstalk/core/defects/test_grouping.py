"""Defects: findings of one cause are one, those of several causes are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.defects.grouping import Defect, defects_of
from crosstalk.core.history import Actor
from crosstalk.core.script import Script, Step
from crosstalk.core.verdict import Finding


def finding(
    oracle: str, operation: str, rule: BrokenRule, *actors: str, detail: str = ""
) -> Finding:
    """A confirmed finding."""
    return Finding(oracle, operation, actors, "", Script(()), rule=rule, detail=detail)


def rows(found: list[Defect]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Operations and oracles of each defect."""
    return [(each.operations, each.oracles) for each in found]


OPERATIONS = ("mcp:add", "mcp:get", "mcp:edit", "mcp:list", "mcp:search")


def test_one_leak_that_three_oracles_and_two_users_show_is_one_defect() -> None:
    (defect,) = defects_of(
        [
            finding("canary", "mcp:get", BrokenRule.OBJECT, "alice", "bob"),
            finding("existence", "mcp:get", BrokenRule.EXISTENCE, "alice", "carol"),
            finding("two-worlds", "mcp:get", BrokenRule.ACTIVITY, "bob", "carol"),
            finding("concurrency", "mcp:get", BrokenRule.CONCURRENCY, "abel", "bela", "juno"),
        ],
        OPERATIONS,
    )
    assert defect.oracles == ("canary", "existence", "two-worlds", "concurrency")
    assert defect.users == ("alice", "bob", "carol")
    assert defect.operations == ("mcp:get",)
    assert (defect.severity, defect.rule) == ("high", BrokenRule.OBJECT)
    assert defect.cwe[:4] == ("CWE-639", "CWE-200", "CWE-204", "CWE-203")
    assert "belongs to the caller" in defect.remedy


def test_leaks_of_two_operations_are_two_defects() -> None:
    found = defects_of(
        [
            finding("canary", "mcp:list", BrokenRule.SCOPE, "alice", "bob"),
            finding("existence", "mcp:get", BrokenRule.EXISTENCE, "alice", "bob"),
            finding("ownership", "mcp:list", BrokenRule.SCOPE, "alice", "bob"),
        ],
        OPERATIONS,
    )
    assert rows(found) == [
        (("mcp:list",), ("canary", "ownership")),
        (("mcp:get",), ("existence",)),
    ]
    assert len({each.fingerprint for each in found}) == 2


@pytest.mark.parametrize("rule", [BrokenRule.CREDENTIAL, BrokenRule.CLAIM, BrokenRule.MESSAGE])
def test_a_rule_that_most_operations_break_is_one_defect_with_all_of_them(
    rule: BrokenRule,
) -> None:
    broken = [finding("canary", name, rule, "anonymous") for name in OPERATIONS[:3]]
    follows = finding("existence", "mcp:get", BrokenRule.EXISTENCE, "bob")
    (defect,) = defects_of([*broken, follows], OPERATIONS)
    assert defect.operations == OPERATIONS[:3]
    elsewhere = [f"mcp:other_{number}" for number in range(9)]
    assert len(defects_of(broken, [*OPERATIONS, *elsewhere])) == 3
    assert len(defects_of(broken[:2], OPERATIONS[:2])) == 2


def test_kinds_of_forged_credentials_are_a_defect_each_and_not_that_of_an_operation() -> None:
    found = defects_of(
        [
            finding("identity", "mcp:get", BrokenRule.FORGERY, detail="alg-none"),
            finding("identity", "mcp:add", BrokenRule.FORGERY, detail="alg-none"),
            finding("identity", "mcp:list", BrokenRule.FORGERY, detail="expired"),
            finding("existence", "mcp:get", BrokenRule.EXISTENCE, "bob"),
            finding("identity", "rest:GET /", BrokenRule.FORGERY, detail="expired"),
        ],
        OPERATIONS,
    )
    assert [each.operations for each in found] == [
        ("mcp:get", "mcp:add"),
        ("mcp:list",),
        ("mcp:get",),
        ("rest:GET /",),
    ]


def test_finding_that_follows_from_no_other_fault_is_a_defect_of_its_own() -> None:
    found = defects_of(
        [
            finding("existence", "mcp:get", BrokenRule.EXISTENCE, "bob"),
            finding("concurrency", "mcp:get", BrokenRule.CONCURRENCY, "abel"),
            finding("two-worlds", "mcp:add", BrokenRule.ACTIVITY, "bob"),
        ],
        OPERATIONS,
    )
    assert rows(found) == [
        (("mcp:get",), ("existence", "concurrency")),
        (("mcp:add",), ("two-worlds",)),
    ]


def test_a_defect_of_many_operations_that_one_replay_stands_for_names_them_all() -> None:
    once = Finding(
        "identity", "mcp:get", ("alice",), "", Script(()), rule=BrokenRule.UNPROVEN,
        operations=("mcp:get", "mcp:list"),
    )  # fmt: skip
    leak = finding("canary", "mcp:list", BrokenRule.SCOPE, "bob")
    assert [each.operations for each in defects_of([once, leak], OPERATIONS)] == [
        ("mcp:get", "mcp:list"),
        ("mcp:list",),
    ]


def test_a_defects_fingerprint_does_not_depend_on_which_oracle_showed_it_first() -> None:
    one = finding("canary", "mcp:get", BrokenRule.OBJECT, "alice", "bob")
    other = finding("existence", "mcp:get", BrokenRule.EXISTENCE, "carol")
    first, second = defects_of([one, other], ()), defects_of([other], OPERATIONS)
    assert first[0].fingerprint == second[0].fingerprint


def test_every_rule_says_what_fixes_it() -> None:
    assert all(each.remedy for each in BrokenRule)


ALICE, BOB = Actor("alice", "alice", "alice"), Actor("bob", "bob", "bob")
MAKE = Step(1, ALICE, "mcp:make", {"text": "x"})
ORDER = Step(2, BOB, "mcp:order", {"thing_id": "${1.id}"})
OWN_ORDER = Step(2, BOB, "mcp:order", {"text": "y"})
RAISE = Step(1, BOB, "mcp:profile", {"role": "admin"})


def shown_by(finding: Finding, *steps: Step) -> Finding:
    """The same with its script."""
    return replace(finding, script=Script(steps))


def test_an_object_shown_after_it_was_named_elsewhere_follows_from_that() -> None:
    named = shown_by(finding("canary", "mcp:order", BrokenRule.OBJECT), MAKE, ORDER)
    edit = Step(3, BOB, "mcp:edit", {"order_id": "${2.id}"})
    shown = finding("canary", "mcp:edit", BrokenRule.OBJECT)
    assert len(defects_of([named, shown_by(shown, MAKE, ORDER, edit)], OPERATIONS)) == 1
    assert len(defects_of([shown_by(shown, MAKE, ORDER, edit), named], OPERATIONS)) == 1
    # Its caller had an order of their own there.
    assert len(defects_of([named, shown_by(shown, MAKE, OWN_ORDER, edit)], OPERATIONS)) == 2
    # Not all that its script holds is known to be needed.
    whole = replace(shown_by(shown, MAKE, ORDER, edit), minimal=False)
    assert len(defects_of([named, whole], OPERATIONS)) == 2


def test_data_shown_by_a_right_that_its_caller_has_taken_follows_from_that() -> None:
    read = Step(3, BOB, "mcp:list", {})
    raised = shown_by(finding("escalation", "mcp:profile", BrokenRule.ESCALATION), RAISE)
    shown = finding("canary", "mcp:list", BrokenRule.SCOPE)
    # Found first, it is not what is to be fixed.
    (defect,) = defects_of([shown_by(shown, RAISE, read), raised], OPERATIONS)
    assert defect.operations == ("mcp:profile", "mcp:list")
    assert defect.rule is BrokenRule.ESCALATION
    plain = Step(1, BOB, "mcp:profile", {"name": "z"})
    assert len(defects_of([raised, shown_by(shown, plain, read)], OPERATIONS)) == 2
