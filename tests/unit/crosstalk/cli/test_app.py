"""The command is put together from a module a verb."""

from __future__ import annotations

import inspect
from pathlib import Path

from crosstalk.cli.app import app
from tests.repository import ROOT

VERBS = ROOT / "harness/crosstalk/cli/verbs"


def test_every_verb_has_a_module_of_its_own_and_every_module_a_verb() -> None:
    modules = {each.stem for each in VERBS.rglob("*.py") if each.stem != "__init__"}
    verbs = {}
    for command in app.registered_commands:
        assert command.callback is not None
        callback = inspect.unwrap(command.callback)
        verbs[callback.__name__] = Path(inspect.getfile(callback)).stem
    assert verbs == {name: name for name in modules}
