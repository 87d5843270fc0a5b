"""Classification of the suite's server scenarios: those that apply, and reasons for the others.

It rests on reading the suite: a scenario applies unless it calls a tool, reads a resource or fills
a prompt that only the suite's own example server has, or tests an extension that the server does
not offer. A scenario that is on neither list has to be classified before a run can succeed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from crosstalk.core.errors import InternalError

# Whether the server keeps sessions; see `MCP_STATEFUL` of the reference system.
Mode: TypeAlias = Literal["stateless", "sessions"]
BOTH: tuple[Mode, ...] = ("stateless", "sessions")


class UnclassifiedError(InternalError):
    """The suite has a scenario that is not classified."""


@dataclass(frozen=True, slots=True)
class Applies:
    """A scenario that is run.

    Attributes:
        modes: Modes of the server in which it is run.
        spared: Checks inside it that need what the suite's own server has, each with the reason;
            their failure does not count against the server.
    """

    modes: tuple[Mode, ...] = BOTH
    spared: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for not running a scenario."""

    text: str


_DIAGNOSTIC = "needs the suite's tool test_missing_capability"
_APPLIES: Mapping[str, Applies] = {
    "server-initialize": Applies(),
    "server-session-lifecycle": Applies(modes=("sessions",)),
    "server-stateless": Applies(
        spared={
            "sep-2575-server-rejects-undeclared-capability": _DIAGNOSTIC,
            "sep-2575-missing-capability-http-400": _DIAGNOSTIC,
        }
    ),
    "logging-set-level": Applies(),
    "ping": Applies(),
    # Asks for completions of the suite's prompt; that there are none is an answer.
    "completion-complete": Applies(),
    "tools-list": Applies(),
    "resources-list": Applies(),
    "prompts-list": Applies(),
    "server-sse-multiple-streams": Applies(modes=("sessions",)),
    "dns-rebinding-protection": Applies(),
    "sep-2164-resource-not-found": Applies(),
    "caching": Applies(),
    "http-header-validation": Applies(),
    "input-required-result-unsupported-methods": Applies(),
}

_OWN_TOOL = "calls the suite's own tool {}"
_OWN_RESOURCE = "uses the suite's own resource {}"
_OWN_PROMPT = "fills the suite's own prompt {}"
_EXTENSION = "tests the extension {}, which the server does not offer"
_NEEDS: Mapping[str, str] = {
    "tools-call-simple-text": _OWN_TOOL.format("test_simple_text"),
    "tools-call-image": _OWN_TOOL.format("test_image_content"),
    "tools-call-audio": _OWN_TOOL.format("test_audio_content"),
    "tools-call-embedded-resource": _OWN_TOOL.format("test_embedded_resource"),
    "tools-call-mixed-content": _OWN_TOOL.format("test_multiple_content_types"),
    "tools-call-with-logging": _OWN_TOOL.format("test_tool_with_logging"),
    "tools-call-error": _OWN_TOOL.format("test_error_handling"),
    "tools-call-with-progress": _OWN_TOOL.format("test_tool_with_progress"),
    "tools-call-sampling": _OWN_TOOL.format("test_sampling"),
    "tools-call-elicitation": _OWN_TOOL.format("test_elicitation"),
    "json-schema-2020-12": _OWN_TOOL.format("json_schema_2020_12_tool"),
    "elicitation-sep1034-defaults": _OWN_TOOL.format("test_elicitation_sep1034_defaults"),
    "elicitation-sep1330-enums": _OWN_TOOL.format("test_elicitation_sep1330_enums"),
    "server-sse-polling": _OWN_TOOL.format("test_reconnection"),
    "resources-read-text": _OWN_RESOURCE.format("test://static-text"),
    "resources-read-binary": _OWN_RESOURCE.format("test://static-binary"),
    "resources-templates-read": _OWN_RESOURCE.format("test://template/{id}/data"),
    "resources-subscribe": _OWN_RESOURCE.format("test://watched-resource"),
    "resources-unsubscribe": _OWN_RESOURCE.format("test://watched-resource"),
    "prompts-get-simple": _OWN_PROMPT.format("test_simple_prompt"),
    "prompts-get-with-args": _OWN_PROMPT.format("test_prompt_with_arguments"),
    "prompts-get-embedded-resource": _OWN_PROMPT.format("test_prompt_with_embedded_resource"),
    "prompts-get-with-image": _OWN_PROMPT.format("test_prompt_with_image"),
    "http-custom-header-server-validation": (
        "needs a tool that mirrors an argument in a header (x-mcp-header); the server has none"
    ),
    "input-required-result-basic-elicitation": _OWN_TOOL.format(
        "test_input_required_result_elicitation"
    ),
    "input-required-result-basic-sampling": _OWN_TOOL.format("test_input_required_result_sampling"),
    "input-required-result-basic-list-roots": _OWN_TOOL.format(
        "test_input_required_result_list_roots"
    ),
    "input-required-result-request-state": _OWN_TOOL.format(
        "test_input_required_result_request_state"
    ),
    "input-required-result-multiple-input-requests": _OWN_TOOL.format(
        "test_input_required_result_multiple_inputs"
    ),
    "input-required-result-multi-round": _OWN_TOOL.format("test_input_required_result_multi_round"),
    "input-required-result-missing-input-response": _OWN_TOOL.format(
        "test_input_required_result_elicitation"
    ),
    "input-required-result-non-tool-request": _OWN_PROMPT.format(
        "test_input_required_result_prompt"
    ),
    "input-required-result-result-type": _OWN_TOOL.format("test_input_required_result_elicitation"),
    "input-required-result-tampered-state": _OWN_TOOL.format(
        "test_input_required_result_tampered_state"
    ),
    "input-required-result-capability-check": _OWN_TOOL.format(
        "test_input_required_result_capabilities"
    ),
    "input-required-result-ignore-extra-params": _OWN_TOOL.format(
        "test_input_required_result_elicitation"
    ),
    "input-required-result-validate-input": _OWN_TOOL.format(
        "test_input_required_result_elicitation"
    ),
    "sep-2640-skills-directory": _EXTENSION.format("skills"),
    "sep-2640-skills-enumeration": _EXTENSION.format("skills"),
    "sep-2640-skills-manifest": _EXTENSION.format("skills"),
    "tasks-lifecycle": _EXTENSION.format("tasks"),
    "tasks-capability-negotiation": _EXTENSION.format("tasks"),
    "tasks-wire-fields": _EXTENSION.format("tasks"),
    "tasks-request-state-removal": _EXTENSION.format("tasks"),
    "tasks-mrtr-input": _EXTENSION.format("tasks"),
    "tasks-request-headers": _EXTENSION.format("tasks"),
    "tasks-dispatch-and-envelope": _EXTENSION.format("tasks"),
    "tasks-status-notifications": _EXTENSION.format("tasks"),
    "tasks-required-task-error": _EXTENSION.format("tasks"),
    "tasks-mrtr-composition": _EXTENSION.format("tasks"),
}


def classify(name: str) -> Applies | Reason:
    """Classify a scenario: run as it says, or left out for a reason.

    Raises:
        UnclassifiedError: It is on neither list.
    """
    if name in _APPLIES:
        return _APPLIES[name]
    if name in _NEEDS:
        return Reason(_NEEDS[name])
    raise UnclassifiedError(
        f"the suite has a scenario {name!r} that is not classified: read what it does and add it "
        "to harness/crosstalk/conformance/scenarios.py"
    )
