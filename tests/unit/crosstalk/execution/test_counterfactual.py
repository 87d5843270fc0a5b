"""The counterfactual of a comparison whose caller has stored what it names."""

from __future__ import annotations

from crosstalk.core.history import History, Probe
from crosstalk.core.script import Script, Step
from crosstalk.execution.counterfactual import Counterfactual
from crosstalk.oracles import Existence
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok, refused

HERS = "01a1fc95-41f3-7131-b962-eac9f4851703"
NONE = "7b1f6f0e-8d0a-4b7c-9f43-0d7f3c7b2a11"


def run(script: Script, *, tells: bool = False) -> History:
    """Play a system that accepts in `sign` what its caller stored, or what any user has."""
    writer, stored = Writer(), {HERS} if tells else set[str]()
    for step in script.steps:
        text = str(step.arguments.get("text"))
        answer = ok({"id": HERS}) if step.actor == ALICE else ok({})
        if step.operation == "sign":
            answer = ok({}) if text in stored else refused(422, "differs")
        elif step.actor == BOB:
            stored.add(text)
        writer.call(step.actor, step.operation, step.arguments, answer, step.probe)
    return writer.history


def shown(*, tells: bool) -> bool:
    """Whether a pair is explained by what its caller had stored."""
    script = Script(
        (
            Step(1, ALICE, "add", {}),
            Step(2, BOB, "store", {"text": HERS}),
            Step(3, BOB, "sign", {"text": HERS}, Probe("names", 1, "foreign", "alice")),
            Step(4, BOB, "sign", {"text": NONE}, Probe("names", 1, "missing", "alice")),
        )
    )
    if tells:
        script = script.without(2) or script
    history = run(script, tells=tells)
    (suspicion,) = Existence().judge(history)
    again = Counterfactual(lambda each: run(each, tells=tells))
    return again.shows(script, history, suspicion)


def test_id_that_the_caller_has_stored_is_known_for_that_alone() -> None:
    assert shown(tells=False)


def test_id_that_the_system_knows_of_another_is_not_explained() -> None:
    assert not shown(tells=True)
