"""The MCP server reaching data through the backend, wholly or for writes: the same answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import psutil
import pytest
from pydantic import ValidationError

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.environment import (
    DataAccess,
    ProcessEnvironment,
    ProcessOptions,
    RunningSystem,
)
from crosstalk.surface import Presented, stateless_resources, stateless_tools
from crosstalk.targets.reference.target import reference_target
from system.mcp.settings import McpSettings
from tests.integration.system.mcp.keyed import keyed_call

ACCESSES: tuple[DataAccess, ...] = ("api", "hybrid")


@pytest.fixture(scope="module", params=["api", pytest.param("hybrid", marks=pytest.mark.long)])
def through(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSystem]:
    """The system with another way to the data."""
    folder = tmp_path_factory.mktemp(request.param)
    options = ProcessOptions(run_folder=folder, data_access=request.param)
    with ProcessEnvironment(options) as system:
        yield system


class Tools:
    """One user's tools on one system."""

    def __init__(self, system: RunningSystem, user: str) -> None:
        self._bearer = Presented.bearer(system.mint(user, audience="mcp"))
        self._surface = stateless_tools(system.mcp_url, self._bearer)
        self._operations = {each.name: each for each in self._surface.discover()}
        self._user = user

    def __call__(self, tool: str, **arguments: object) -> Any:
        """Call a tool as its user."""
        operation = self._operations[f"mcp:{tool}"]
        given = {"user_id": self._user, **arguments}
        return self._surface.call(operation, given, self._bearer).body


def answers(system: RunningSystem, user: str, other: str) -> list[Any]:
    """What a user sees of a life with tasks: everything but ids and times."""
    call, others = Tools(system, user), Tools(system, other)
    seen: list[Any] = []
    project = call("add_project", name="home")
    task = call("add_task", title="milk", project_id=project["id"], due_date="2026-12-01")
    theirs = others("add_task", title="theirs")
    seen += [project, task, call("add_project", name="home")]
    seen += [call("add_task", title=f"more {index}") for index in range(3)]
    page = call("list_tasks", limit=2)
    seen += [page, call("list_tasks", limit=2, cursor=page["next_cursor"])]
    seen += [call("list_tasks", cursor=page["next_cursor"], status="completed")]
    seen += [call("list_tasks", project_id=project["id"]), call("search_tasks", query="MILK")]
    seen += [call("update_task", task_id=task["id"], title="oat milk", clear=["due_date"])]
    seen += [call("complete_task", task_id=task["id"]), call("get_task", task_id=task["id"])]
    for foreign in (theirs["id"], str(uuid4())):
        for tool in ("get_task", "complete_task", "delete_task"):
            seen.append(call(tool, task_id=foreign))
        seen.append(call("update_task", task_id=foreign, title="mine"))
        seen.append(call("add_task", title="into theirs", project_id=foreign))
    seen += [call("complete_all_tasks", project_id=project["id"]), call("complete_all_tasks")]
    seen += [call("get_user_stats"), call("list_projects")]
    seen += [call("add_task", title=""), call("list_tasks", limit=0)]
    seen += [call("add_task", title="x", user_id=other)]
    seen += _shared_life(call, others, other, project["id"])
    seen += [
        call("delete_task", task_id=task["id"]),
        call("delete_project", project_id=project["id"]),
    ]
    seen += [others("get_task", task_id=theirs["id"])]
    return [_without_ids(each) for each in seen]


def _shared_life(call: Tools, others: Tools, other: str, project: str) -> list[Any]:
    """A project is shared, changed by its editor, and taken back."""
    offered = call("invite", project_id=project, invitee_id=other, role="editor")
    seen = [offered, call("list_invitations", project_id=project), others("list_invitations")]
    seen += [others("accept_invitation", invitation_id=offered["id"])]
    seen += [others("add_task", title="by an editor", project_id=project)]
    seen += [others("list_tasks", project_id=project), others("list_projects")]
    seen += [others("invite", project_id=project, invitee_id="dave")]
    seen += [call("list_members", project_id=project), others("list_members", project_id=project)]
    for role in ("viewer", "nothing"):
        seen += [call("change_role", project_id=project, member_id=other, role=role)]
    seen += [others("complete_all_tasks", project_id=project)]
    for member in (other, "a/b", ".."):
        seen += [call("remove_member", project_id=project, member_id=member)]
    seen += [others("list_members", project_id=project), others("list_projects")]
    offered = call("invite", project_id=project, invitee_id=other)
    seen += [others("delete_invitation", invitation_id=offered["id"]), others("list_invitations")]
    return seen


def _without_ids(value: Any) -> Any:
    hidden = (
        "id",
        "project_id",
        "next_cursor",
        "created_at",
        "updated_at",
        "completed_at",
        "owner_id",
        "member_id",
        "invitee_id",
    )
    if isinstance(value, dict):
        return {
            key: bool(each) if key in hidden else _without_ids(each) for key, each in value.items()
        }
    return [_without_ids(each) for each in value] if isinstance(value, list) else value


def test_every_answer_is_the_one_that_direct_access_gives(
    running: RunningSystem, through: RunningSystem, alice: str, bob: str
) -> None:
    direct = answers(running, alice, bob)
    assert direct[0]["name"] == "home"
    assert answers(through, alice, bob) == direct


def test_resources_and_prompts_are_the_callers_own_either_way(
    through: RunningSystem, alice: str, bob: str
) -> None:
    project = Tools(through, alice)("add_project", name="home")
    Tools(through, alice)("add_task", title="milk", project_id=project["id"])

    def ask(user: str, name: str, **arguments: str) -> Any:
        bearer = Presented.bearer(through.mint(user, audience="mcp"))
        surface = stateless_resources(through.mcp_url, bearer)
        (operation,) = [each for each in surface.discover() if each.name == name]
        return surface.call(operation, arguments, bearer).body

    listed = ask(alice, "mcp:resources/list")["resources"]
    assert [each["name"] for each in listed] == ["home", "milk"]
    assert ask(bob, "mcp:resources/list")["resources"] == []
    for each in listed:
        assert ask(alice, "mcp:resources/read", uri=each["uri"])["contents"]
        refused = ask(bob, "mcp:resources/read", uri=each["uri"])["error"]
        assert refused["data"]["error_code"] == "not_found"
    plan = "mcp:prompts/get plan_my_day"
    assert "milk" in json.dumps(ask(alice, plan, project_id=project["id"]))
    assert ask(bob, plan, project_id=project["id"])["error"]["message"] == "not found"


def test_task_written_through_rest_is_read_at_once(through: RunningSystem, alice: str) -> None:
    call = Tools(through, alice)
    for index in range(10):
        made = call("add_task", title=f"task {index}")
        assert call("get_task", task_id=made["id"]) == made


def test_mcp_server_without_database_access_gets_no_database_setting(
    through: RunningSystem,
) -> None:
    environment = psutil.Process(through.services["mcp"].pid).environ()
    direct_reads = environment["MCP_DATA_ACCESS"] == "hybrid"
    assert ("DATABASE_URL" in environment) is direct_reads
    assert ("CURSOR_SECRET" in environment) is direct_reads


def test_the_key_of_its_own_tokens_is_published_without_the_private_part(
    through: RunningSystem,
) -> None:
    origin = through.mcp_url.rsplit("/", 1)[0]
    (key,) = httpx2.get(f"{origin}/.well-known/jwks.json").json()["keys"]
    assert key["alg"] == "EdDSA"
    assert "d" not in key


@pytest.mark.long
def test_a_short_campaign_finds_nothing(through: RunningSystem) -> None:
    target = reference_target(through, {})
    try:
        options = CampaignOptions(calls=700, seconds=300, seed=20261121)
        result = Campaign(target, options, lambda event: None).run()
    finally:
        target.close()
    assert result.findings == []
    for oracle in ("canary", "ownership", "revocation"):
        assert any(each.oracles.get(oracle) for each in result.controls.values()), oracle


def test_tools_through_rest_report_a_missing_backend(through: RunningSystem, alice: str) -> None:
    call = Tools(through, alice)
    through.stop("backend")
    try:
        refused = call("add_task", title="milk")
        assert refused["error_code"] == "unavailable"
        assert "127.0.0.1" not in json.dumps(refused)
        ready = httpx2.get(through.mcp_url.rsplit("/", 1)[0] + "/ready")
        assert ready.status_code == 503
        assert ready.json()["checks"]["backend"] == "unavailable"
    finally:
        through.start("backend")


def test_backend_that_does_not_trust_the_mcp_server_is_not_the_callers_error(tmp_path: Any) -> None:
    options = ProcessOptions(
        run_folder=tmp_path,
        data_access="api",
        extra_env={"mcp": {"BACKEND_AUDIENCE": "somebody-else"}},
    )
    with ProcessEnvironment(options) as system:
        refused = Tools(system, "alice")("add_task", title="milk")
        assert refused["error_code"] == "unavailable"
        log = (system.logs / "mcp.log").read_text()
        assert "does not accept this server's tokens" in log


@pytest.mark.parametrize("access", ACCESSES)
def test_in_production_the_signing_key_must_be_named(
    monkeypatch: pytest.MonkeyPatch, access: str
) -> None:
    issuer = {"issuer": "https://b", "jwks_url": "https://b/jwks", "audience": "https://m/mcp"}
    named = {
        "ENVIRONMENT": "production",
        "MCP_URL": "https://m.example/mcp",
        "BACKEND_URL": "https://b.example",
        "TRUSTED_ISSUERS": json.dumps([issuer]),
    }
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    McpSettings()
    monkeypatch.setenv("MCP_DATA_ACCESS", access)
    with pytest.raises(ValidationError, match="MCP_SIGNING_KEY must be set"):
        McpSettings()


async def test_a_key_travels_on_and_a_repeat_has_the_first_result(
    through: RunningSystem, alice: str
) -> None:
    key = 'with "quotes" and \\'.replace(" ", "-")
    first = await keyed_call(through, alice, "add_task", key, title="milk")
    assert await keyed_call(through, alice, "add_task", key, title="milk") == first
    other = await keyed_call(through, alice, "add_task", key, title="bread")
    assert (other["error_code"], "key" in other["message"]) == ("conflict", True)
    listed = await keyed_call(through, alice, "list_tasks", key)
    assert listed["items"] == [first]
