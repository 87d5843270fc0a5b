"""Each careless pattern leaks what it is said to leak, and each secure form refuses just that."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.core.errors import HarnessError
from crosstalk.core.history import Actor, Answer, Outcome
from crosstalk.core.principals import ALICE, ANONYMOUS, BOB, IMPOSTOR, forger
from crosstalk.surface import Presented, stateless_tools
from crosstalk.targets.base import Target
from crosstalk.targets.demonstrations import (
    DEMONSTRATIONS,
    UnknownDemonstrationError,
    get_demonstration,
)
from crosstalk.targets.demonstrations.__main__ import lines_to_paste
from crosstalk.targets.demonstrations.serving import bound_socket, demonstration_target, serving
from crosstalk.targets.demonstrations.session_cookie import COOKIE, session_app
from crosstalk.targets.demonstrations.shared_secret import PUBLISHED_SECRETS, guess_secret, mint

CARELESS = ("shared-secret", "session-cookie")
DONE_RIGHT = ("secret-of-one-service", "session-cookie-guarded")


def call(target: Target, actor: Actor, tool: str, **arguments: str) -> Answer:
    operation = target.operations[f"mcp:{tool}"]
    presented = target.credentials.present(actor, actor.user or actor.claims, "mcp")
    return target.surfaces["mcp"].call(operation, arguments, presented)


def titles(answer: Answer) -> list[str]:
    assert answer.outcome is Outcome.OK
    # A result comes as structured content and as text.
    return list(dict.fromkeys(re.findall(r"'title': '([^']*)'", str(answer.body))))


@pytest.mark.parametrize("name", sorted(set(DEMONSTRATIONS) - {"shared-cookie-jar"}))
def test_demonstration_serves_users_their_own(name: str) -> None:
    by_argument = name == "bare-user-id"
    with demonstration_target(get_demonstration(name)) as target:
        for user in (ALICE, BOB):
            identity = {"user_id": user.name} if by_argument else {}
            call(target, user, "add_task", title=f"of {user.name}", **identity)
        for user in (ALICE, BOB):
            identity = {"user_id": user.name} if by_argument else {}
            assert titles(call(target, user, "list_tasks", **identity)) == [f"of {user.name}"]


@pytest.mark.parametrize("name", CARELESS)
def test_careless_demonstration_accepts_every_forged_credential(name: str) -> None:
    with demonstration_target(get_demonstration(name)) as target:
        call(target, ALICE, "add_task", title="of alice")
        assert len(target.forgeries) >= 3
        for kind in target.forgeries:
            assert titles(call(target, forger(kind), "list_tasks")) == ["of alice"], kind


@pytest.mark.parametrize("name", DONE_RIGHT)
def test_secure_demonstration_refuses_every_forged_credential(name: str) -> None:
    with demonstration_target(get_demonstration(name)) as target:
        call(target, ALICE, "add_task", title="of alice")
        assert len(target.forgeries) >= 3
        for kind in target.forgeries:
            answer = call(target, forger(kind), "list_tasks")
            assert answer.status in (401, 403), kind
            assert "of alice" not in str(answer.body)


def test_bare_user_id_is_believed_from_every_caller() -> None:
    with demonstration_target(get_demonstration("bare-user-id")) as target:
        call(target, ALICE, "add_task", user_id="alice", title="of alice")
        for actor in (IMPOSTOR, ANONYMOUS):
            assert titles(call(target, actor, "list_tasks", user_id="alice")) == ["of alice"]


def test_shared_cookie_jar_serves_all_users_in_the_last_session() -> None:
    with demonstration_target(get_demonstration("shared-cookie-jar")) as target:
        call(target, ALICE, "add_task", title="of alice")
        call(target, BOB, "add_task", title="of bob")
        assert titles(call(target, ALICE, "list_tasks")) == ["of bob"]


def test_secret_is_guessed_where_it_is_published() -> None:
    assert guess_secret(mint("alice", PUBLISHED_SECRETS[-1], aud="x")) == PUBLISHED_SECRETS[-1]
    assert guess_secret(mint("alice", "5f0c" * 16, aud="x")) is None


@contextmanager
def replica(sessions: dict[str, str], *, guarded: bool = True) -> Iterator[str]:
    listener, url = bound_socket()
    with serving(session_app(url, sessions, guarded=guarded), listener):
        yield url


def test_session_is_known_only_to_replicas_that_share_sessions() -> None:
    shared: dict[str, str] = {}
    with ExitStack() as running:
        first, second = (running.enter_context(replica(shared)) for _ in range(2))
        third = running.enter_context(replica({}))
        session = httpx2.post(f"{first}/sign-in", json={"user": "alice"}).cookies[COOKIE]
        presented = Presented({"Cookie": f"{COOKIE}={session}"})
        assert stateless_tools(f"{second}/mcp", presented).discover()
        with pytest.raises(HarnessError, match="does not list tools"):
            stateless_tools(f"{third}/mcp", presented).discover()


@pytest.mark.parametrize("guarded", [True, False])
def test_script_of_another_site_may_call_only_the_careless_form(guarded: bool) -> None:
    preflight = {
        "Origin": "https://attacker.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    with replica({}, guarded=guarded) as url:
        answer = httpx2.options(f"{url}/mcp", headers=preflight)
    allowed = answer.headers.get("access-control-allow-origin") == preflight["Origin"]
    assert allowed is not guarded


@pytest.mark.parametrize("name", ["bare-user-id", "cookies-kept-apart"])
def test_campaign_gives_the_verdict_expected_of_a_demonstration(name: str, tmp_path: Path) -> None:
    demonstration = get_demonstration(name)
    options = CampaignOptions(calls=400, seconds=300, seed=7)
    with demonstration_target(demonstration) as target:
        result = Campaign(target, options, lambda event: None, tmp_path).run()
    assert result.verdict == demonstration.expected


def test_demonstration_of_an_unknown_name_lists_the_known_ones() -> None:
    assert {each.expected for each in DEMONSTRATIONS.values()} == {"leak", "clean"}
    with pytest.raises(UnknownDemonstrationError, match="there are: bare-user-id, "):
        get_demonstration("none")


def test_demonstration_names_a_port_in_use() -> None:
    listener, url = bound_socket()
    listener.listen()
    with listener, pytest.raises(HarnessError, match="cannot be used"):
        bound_socket(int(url.rpartition(":")[2]))


@pytest.mark.parametrize("name", sorted(DEMONSTRATIONS))
def test_lines_to_paste_do_what_they_say(name: str) -> None:
    demonstration = get_demonstration(name)
    listener, url = bound_socket()
    pattern = demonstration.build(url)
    with serving(pattern.app, listener):
        lines = lines_to_paste(pattern, f"{url}{pattern.endpoint}")
        answers = [paste(line) for line in lines[1::2]]
    stored = lines[::2].index("# alice stores a task")
    assert "private" in answers[stored]
    assert not any("private" in each for each in answers[:stored])
    shown = ["private" in each for each in answers[stored + 1 :]]
    assert set(shown) == {demonstration.expected == "leak"}


def paste(line: str) -> str:
    """Send what curl would."""
    words = shlex.split(line)
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    return httpx2.post(words[2], headers=headers, content=words[-1]).text
