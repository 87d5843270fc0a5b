"""Calls that set up what an example begins with, and take it down, as a description lists them.

What a call captures can be named by later calls and under `[objects]`; an id that was captured is
an object of the user who made the call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crosstalk.core.errors import TargetFailedError, did_you_mean
from crosstalk.core.history import Actor, Answer, Outcome
from crosstalk.core.identifiers import ID_NAME, last_name
from crosstalk.core.object_kinds import kind_of_field, singular
from crosstalk.core.owned_objects import OwnedObject
from crosstalk.surface.credentials import Credentials
from crosstalk.surface.operation import Operation, Role, Surface
from crosstalk.targets.described.config import CallStep, TargetConfig
from crosstalk.targets.described.loading import TargetFileError
from crosstalk.targets.described.login.values import AnswerValue, ReadableAnswer
from crosstalk.targets.described.naming import operation_name
from crosstalk.targets.described.placeholders import filled


@dataclass(slots=True)
class SetupCalls:
    """Makes the setup and teardown calls of one description.

    Attributes:
        config: The description.
        operations: Operation name to operation.
        surfaces: Surface name to what makes its calls.
        credentials: Give what each user presents.
        members: The file's name of each user to the principal's.
    """

    config: TargetConfig
    operations: Mapping[str, Operation]
    surfaces: Mapping[str, Surface]
    credentials: Credentials
    members: Mapping[str, str]
    _subjects: Mapping[str, str] = field(default_factory=dict)
    _captured: dict[str, str] = field(default_factory=dict)
    _done: bool = False

    def __post_init__(self) -> None:
        for setting, steps in (("setup", self._steps), ("teardown", self.config.teardown)):
            for number, step in enumerate(steps, 1):
                if operation_name(step.operation) not in self.operations:
                    known = {each.split(":", 1)[1] for each in self.operations}
                    raise TargetFileError(
                        f"call {number} of [[{setting}]] names {step.operation!r}, which is not "
                        f"among the operations{did_you_mean(step.operation, known)}"
                    )

    @property
    def needed(self) -> bool:
        """Return whether the description has setup calls, or declares owners of objects."""
        return bool(self._steps or self.config.objects)

    @property
    def _steps(self) -> Sequence[CallStep]:
        return self.config.setup if isinstance(self.config.setup, list) else ()

    def prepare(self, subjects: Mapping[str, str]) -> tuple[OwnedObject, ...]:
        """Take down what was set up before, set up for these subjects, and return what is owned.

        Args:
            subjects: Principal's name to subject.

        Raises:
            TargetFailedError: A call is refused, or its answer lacks what is to be captured.
        """
        self.tear_down()
        self._subjects, self._captured, self._done = subjects, {}, True
        owned: list[OwnedObject] = []
        for number, step in enumerate(self._steps, 1):
            answer = self._call(step, f"call {number} of [[setup]]")
            for name, place in step.capture.items():
                value = AnswerValue.parse(place).read(ReadableAnswer(answer.body, answer.headers))
                if value is None:
                    raise TargetFailedError(
                        f"call {number} of [[setup]] ({step.operation}) gave nothing at {place!r}; "
                        f"it answered {str(answer.body)[:120]}"
                    )
                self._captured[name] = value
                owned += self._captured_object(step, place, value)
        return (*owned, *self._declared())

    def tear_down(self) -> None:
        """Make the teardown calls for what was set up last; one that fails changes nothing."""
        if not self._done:
            return
        self._done = False
        for number, step in enumerate(self.config.teardown, 1):
            self._call(step, f"call {number} of [[teardown]]", must=False)

    def _call(self, step: CallStep, which: str, *, must: bool = True) -> Answer:
        operation = self.operations[operation_name(step.operation)]
        user = self.members[step.user]
        subject = self._subjects[user]
        places = {**self._captured, "user": subject}
        arguments: dict[str, Any] = filled(step.arguments, places)
        for each in operation.parameters:
            if each.role is Role.IDENTITY and each.required:
                arguments.setdefault(each.name, subject)
        presented = self.credentials.present(Actor(user, user, user), subject, operation.surface)
        answer = self.surfaces[operation.surface].call(operation, arguments, presented)
        if must and answer.outcome is not Outcome.OK:
            said = " ".join(str(answer.message or answer.code or answer.body or "").split())
            raise TargetFailedError(
                f"{which} ({step.operation} as {step.user}) answered {answer.status} {said[:160]}"
            )
        return answer

    def _captured_object(self, step: CallStep, place: str, value: str) -> list[OwnedObject]:
        name = place.removesuffix("]").replace("['", ".").rsplit(".", 1)[-1].strip("'")
        if not ID_NAME.search(last_name(name)):
            return []
        kind = kind_of_field(name, operation_name(step.operation))
        return [OwnedObject(self.members[step.user], kind, value, len(self._captured))]

    def _declared(self) -> list[OwnedObject]:
        return [
            OwnedObject(self.members[owner], singular(kind), str(filled(each, self._captured)), n)
            for kind, owners in self.config.objects.items()
            for owner, ids in owners.items()
            # Numbers of their own, apart from those of captured objects.
            for n, each in enumerate(ids, 1_001)
        ]
