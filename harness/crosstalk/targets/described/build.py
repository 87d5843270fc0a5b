"""Makes a campaign's target of a description."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from crosstalk.core.history import Channel
from crosstalk.core.identifiers import identifiers_of
from crosstalk.core.object_kinds import ends_session
from crosstalk.core.policy import Policy
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.mcp.facts import ToolFacts, is_method
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.operation import Operation, Role, Surface
from crosstalk.surface.pages.crawl import Walk
from crosstalk.surface.recordings import read_recording
from crosstalk.surface.rest import RestSurface
from crosstalk.surface.transports import (
    CurrentHttp,
    EventStream,
    OlderHttp,
    PlainHttp,
    Stdio,
    Transport,
)
from crosstalk.targets.base import Target, discovered
from crosstalk.targets.described.chosen_names import with_chosen_names
from crosstalk.targets.described.config import McpConfig, RestConfig, TargetConfig
from crosstalk.targets.described.corrected_rest import DescribedRest, is_operation
from crosstalk.targets.described.credentials import (
    DescribedCredentials,
    People,
    SurfaceCredentials,
    surface_name,
)
from crosstalk.targets.described.guesses import kinds_of, named_among
from crosstalk.targets.described.identity import UserConfig
from crosstalk.targets.described.login.acceptance import require_accepted
from crosstalk.targets.described.login.base import SURFACE as LOGIN
from crosstalk.targets.described.login.by_request import RequestLogin
from crosstalk.targets.described.login.by_tool import ToolLogin
from crosstalk.targets.described.login.left_out import calls_of_logins, of_logins
from crosstalk.targets.described.login.login_names import with_login_names
from crosstalk.targets.described.login.surface import LoginSurface
from crosstalk.targets.described.lookers import lookers_of
from crosstalk.targets.described.mcp_surfaces import (
    carried_arguments,
    facts_of,
    mcp_surfaces,
    not_understood_by,
)
from crosstalk.targets.described.naming import operation_name
from crosstalk.targets.described.pacing import Paced
from crosstalk.targets.described.people import attributes_of, member_names, people_of
from crosstalk.targets.described.plain_references import with_plain_references
from crosstalk.targets.described.policy import policy_of
from crosstalk.targets.described.process import Served, run_command, served
from crosstalk.targets.described.proof import proves, unproven_identity, unproven_surfaces
from crosstalk.targets.described.self_description import other_versions_of, usual_paths_of
from crosstalk.targets.described.setup_calls import SetupCalls
from crosstalk.targets.described.sources import credential_source
from crosstalk.targets.described.subject_arguments import (
    kinds_of_subjects,
    with_people_named,
    with_subject_arguments,
)
from crosstalk.targets.described.users import (
    discovery_subject,
    enrolled,
    flows_of,
    naming_of,
    neighbours_of,
    principals_of,
    users_of,
)
from crosstalk.targets.rules_judged import oracles_without_rules
from crosstalk.targets.session_theft import SessionTheft


@contextmanager
def opened_target(file: Path) -> Iterator[Target]:
    """Open the system that a file describes as a target, started where the file says how.

    Args:
        file: The description; its commands run in its folder.

    Raises:
        HarnessError: The file cannot be used or is not confirmed, or the system cannot be started
            or reached.
    """
    with served(file) as running:
        target = target_of(running, {"target": str(file.resolve())})
        try:
            yield target
        finally:
            target.close()


def target_of(running: Served, about: Mapping[str, str]) -> Target:
    """Make a target of a described system that runs.

    Raises:
        SurfaceError: It does not say what can be called.
    """
    config, folder = running.config, running.folder
    users = users_of(config)
    credentials = _credentials(config, folder, users)
    transport = transport_of(config.mcp, folder) if config.mcp is not None else None
    tools = _tool_surface(config, transport, credentials) if transport is not None else None
    users = enrolled(users, credentials)
    subject = discovery_subject(config, users, credentials)
    of_mcp: dict[str, Surface] = {}
    if tools is not None and transport is not None:
        looking = credentials.discovery("mcp", subject)
        others = lookers_of(config, credentials, users, subject)
        of_mcp = mcp_surfaces(config, transport, tools, looking, others)
    walk = _walk(config, credentials, subject, read_only=config.read_only)
    surfaces = _surfaces(
        config, folder, credentials, of_mcp, walk, lambda: credentials.discovery("rest", subject)
    )
    try:
        operations, skipped = _operations(config, surfaces)
        if "rest" in surfaces:
            reader = credentials.discovery("rest", subject)
            operations |= other_versions_of(config, operations, surfaces["rest"], reader)
        paths = usual_paths_of(config, operations)
        surfaces |= paths
        operations |= discovered(paths)
        require_accepted(credentials, surfaces, operations, subject)
        policy = policy_of(config, operations, skipped)
        setup = SetupCalls(config, operations, surfaces, credentials, member_names(config))
    except BaseException:
        for each in surfaces.values():
            each.close()
        raise

    def reset() -> None:
        if config.reset is not None:
            run_command(config.reset, folder, "reset")
        credentials.forget()

    return Target(
        surfaces=surfaces,
        credentials=SessionTheft(credentials),
        operations=operations,
        reset=reset if config.reset is not None else None,
        forgeries=credentials.spoilable(subject),
        about=about,
        principals=principals_of(config, users, operations.values()),
        subjects=naming_of(config, users, credentials),
        neighbours=neighbours_of(config, users, credentials),
        renamed=credentials.rename,
        allowed_flows=flows_of(config, operations),
        accepted=config.accepts(),
        unproven_identity=unproven_identity(config),
        untried=tuple(each for each in not_understood_by(of_mcp) if each.where not in skipped),
        skipped=skipped,
        not_applicable=_not_applicable(config, policy, operations),
        persistent=bool(users) and config.reset is None,
        prepare=setup.prepare if setup.needed else None,
        take_down=setup.tear_down if setup.needed else None,
        # It runs with the limits that it has; calls that are spaced are not to meet them.
        production=None if config.rate_limit.calls_per_second else _already,
        # Part of the folder's path may look like a user's secret.
        public_values=frozenset(identifiers_of([*config.public_values, running.scratch])),
        credential_source=credential_source(config),
        policy=policy,
        database=config.database.access(list(users)) if config.database else None,
    )


def preview_target(running: Served, *, looking: bool) -> Target:
    """Make a target of a described system to look at; it is not to be called.

    Args:
        running: It runs, or answers from documents.
        looking: Whether the lists are asked for with a user's credential.

    Raises:
        HarnessError: It does not say what can be called, or a credential cannot be had.
    """
    config, folder = running.config, running.folder
    users = users_of(config)
    credentials = _credentials(config, folder, users)
    transport = transport_of(config.mcp, folder) if config.mcp is not None else None
    tools = _tool_surface(config, transport, credentials) if transport is not None else None
    of_mcp: dict[str, Surface] = {}
    pages = looking and config.rest is not None and bool(config.rest.pages)
    subject = ""
    if looking and (tools is not None or pages):
        subject = discovery_subject(config, users, credentials)
    if tools is not None and transport is not None:
        presented = NOTHING
        if looking:
            presented = credentials.discovery("mcp", subject)
        every = mcp_surfaces(config, transport, tools, presented, ())
        # The others look by calling.
        of_mcp = {name: every[name] for name in ("mcp", "mcp-resources")}
    # Forms are not sent to find out what there is.
    walk = _walk(config, credentials, subject, read_only=True) if pages else None

    def reader() -> Presented:
        return credentials.discovery("rest", discovery_subject(config, users, credentials))

    surfaces = _surfaces(config, folder, credentials, of_mcp, walk, reader if looking else None)
    try:
        operations, skipped = _operations(config, surfaces)
        policy = policy_of(config, operations, skipped)
        # Usual paths are not looked for: that would be calls.
    except BaseException:
        for each in surfaces.values():
            each.close()
        raise
    return Target(
        surfaces=surfaces,
        credentials=credentials,
        operations=operations,
        principals=principals_of(config, users, operations.values()),
        allowed_flows=flows_of(config, operations),
        accepted=config.accepts(),
        unproven_identity=unproven_identity(config),
        untried=tuple(not_understood_by(of_mcp)),
        skipped=skipped,
        not_applicable=_not_applicable(config, policy, operations),
        policy=policy,
    )


def transport_of(config: McpConfig, folder: Path) -> Transport:
    """The transport that a description names."""
    if config.transport == "stdio":
        return Stdio(
            config.command,
            timeout=config.timeout,
            environment=config.environment,
            folder=folder / config.folder,
            revision=config.revision,
        )
    if config.transport == "sse":
        return EventStream(config.url, timeout=config.timeout)
    if config.transport == "json-rpc":
        return PlainHttp(config.url, timeout=config.timeout)
    if config.transport == "streamable-http-older":
        return OlderHttp(config.url, timeout=config.timeout, revision=config.revision)
    return CurrentHttp(config.url, timeout=config.timeout)


def _credentials(
    config: TargetConfig, folder: Path, users: Mapping[str, tuple[str, UserConfig]]
) -> DescribedCredentials:
    known = people_of(config)
    people = People(
        {subject: user for subject, (_, user) in users.items()},
        folder,
        {subject: attributes_of(config, known[member]) for subject, (member, _) in users.items()},
    )
    found = {
        name: SurfaceCredentials(identity, people, config.urls(name))
        for name, identity in config.identities().items()
    }
    for each in found.values():
        login = each.identity.login
        if login is not None and not login.tool:
            each.login = RequestLogin(
                login,
                _rest_base(config.rest) if config.rest else "",
                resource=config.mcp.url if config.mcp else "",
                timeout=config.rest.timeout if config.rest else 20.0,
            )
    return DescribedCredentials(found.get("mcp"), found.get("rest"))


def _rest_base(config: RestConfig) -> str:
    """The URL that the REST API's paths begin at."""
    split = urlsplit(config.openapi or config.graphql or config.base)
    return config.base or f"{split.scheme}://{split.netloc}"


def _tool_surface(
    config: TargetConfig, transport: Transport, credentials: DescribedCredentials
) -> ToolSurface:
    """The MCP server's tools; those of a login serve the credentials of every surface."""
    identity = config.identities()["mcp"]
    tools = ToolSurface(
        transport,
        NOTHING,
        facts=_facts(config),
        roles=dict.fromkeys(identity.arguments, Role.IDENTITY),
        carried=carried_arguments(identity),
        kinds=lambda found: kinds_of(found, identity.arguments),
        named=lambda found: named_among(found, kinds_of(found, identity.arguments)),
    )
    for each in credentials.all:
        login = each.identity.login
        if login is not None and login.tool:
            each.login = ToolLogin(login, tools.call_tool)
    return tools


def _surfaces(
    config: TargetConfig,
    folder: Path,
    credentials: DescribedCredentials,
    of_mcp: Mapping[str, Surface],
    walk: Walk | None,
    reader: Callable[[], Presented] | None,
) -> dict[str, Surface]:
    surfaces: dict[str, Surface] = {}
    limit = config.rate_limit
    paced = limit.calls_per_second > 0 or limit.patience > 0
    for name, each in of_mcp.items():
        surfaces[name] = Paced(each, limit, time.sleep) if paced else each
    if config.rest is not None:
        inner = RestSurface(
            config.rest.openapi,
            document=config.rest.openapi,
            base=config.rest.base,
            timeout=config.rest.timeout,
            also=config.rest.also,
            documents=config.rest.documents,
            streams=config.rest.streams,
            graphql=config.rest.graphql,
            recorded=read_recording(folder / config.rest.har).requests if config.rest.har else (),
            walk=walk,
            reader=reader,
        )
        identities = dict.fromkeys(config.identities()["rest"].arguments, Role.IDENTITY)
        rest: Surface = DescribedRest(
            inner,
            config.rest,
            identities,
            {name: each for name, each in config.tools.items() if is_operation(name)},
            read_only=config.read_only,
            carried=config.identities()["rest"].carriers(),
        )
        signing = partial(of_logins, config, base=_rest_base(config.rest))
        rest = with_login_names(rest, credentials.of("rest"), signing)
        rest = Paced(rest, limit, time.sleep) if paced else rest
        surfaces |= {"rest": rest, "chat": rest}
    logins = [each for each in credentials.all if each.login is not None]
    if logins and not config.read_only:
        # Users of several surfaces are the same; one login shows whether they can get in.
        surfaces[LOGIN] = LoginSurface(logins[0])
    return surfaces


def _walk(
    config: TargetConfig, credentials: DescribedCredentials, subject: str, *, read_only: bool
) -> Walk | None:
    """Return the walk through the pages that the file names, if any, as one user."""
    if config.rest is None or not config.rest.pages:
        return None
    login = config.identities()["rest"].login
    return Walk(
        config.rest.pages,
        lambda: (credentials.discovery("rest", subject), subject),
        read_only=read_only,
        skip=frozenset(config.rest.skip),
        logins=[login.request.partition(" ")[2].partition("?")[0]] if login else [],
    )


def _operations(
    config: TargetConfig, surfaces: Mapping[str, Surface]
) -> tuple[dict[str, Operation], dict[str, str]]:
    """The operations to be called, and the others with the reason.

    Those of a surface where no credential proves who calls are marked. Users who are logged out
    would be served nothing from then on: what ends a session is called where the file names it, as
    is what a login calls by itself.
    """
    unproven = unproven_surfaces(config)
    found = {
        name: replace(each, unproven=True) if surface_name(each.surface) in unproven else each
        for name, each in discovered(surfaces).items()
        if each.reads_only or not config.read_only
    }
    stated = {operation_name(name): each.arguments for name, each in config.tools.items()}
    logouts = {
        name: "it ends the session" for name in found if ends_session(name) and name not in stated
    }
    logins: dict[str, str] = {}
    if config.rest:
        base = _rest_base(config.rest)
        logins = calls_of_logins(config, found, base)
        # What signs users in has served them, whatever it answers to made-up words.
        for name in of_logins(config, found, base).difference(stated):
            found[name] = replace(found[name], unannounced=True)
    left_out = logouts | logins | config.skipped()
    kept = {name: each for name, each in found.items() if name not in left_out}
    kept = with_subject_arguments(kept, kinds_of_subjects(_subject_places(config)))
    if config.policy is not None:
        kept = with_people_named(kept, config.policy.share)
    return with_plain_references(with_chosen_names(kept, stated), stated), left_out


def _subject_places(config: TargetConfig) -> list[str]:
    """Where logins and sign-ups give the ids by which the system knows its users."""
    logins = [each.login for each in config.identities().values() if each.login is not None]
    registers = [each.register_first for each in logins if each.register_first is not None]
    places = [*(each.subject for each in logins), *(each.subject for each in registers)]
    return [each for each in places if each]


def _facts(config: TargetConfig) -> dict[str, ToolFacts]:
    facts = {
        name: facts_of(tool)
        for name, tool in config.tools.items()
        if not is_operation(name) and not is_method(name)
    }
    for identity in config.identities().values():
        login = identity.login
        for call in (login, login.register_first if login else None):
            if call is not None and call.tool:
                facts[call.tool] = ToolFacts(skip=True)
    return facts


def _already() -> None:
    """Change nothing: a described system runs as its owner has set it up."""


def _not_applicable(
    config: TargetConfig, policy: Policy | None, operations: Mapping[str, Operation]
) -> dict[str, str]:
    reasons = {}
    if not proves(config) and not unproven_identity(config):
        reasons["identity"] = "a process of its own serves each user, who proves nothing to it"
    elif not proves(config) and Channel.UNAUTHENTICATED_IDENTITY in config.accepts():
        reasons["identity"] = "accepted: no credential proves who calls"
    if config.rate_limit.calls_per_second > 0:
        reasons["concurrency"] = "the system's rate limit has calls made one at a time"
    elif config.rest is None and config.mcp is not None and config.mcp.transport == "stdio":
        reasons["concurrency"] = "a process of its own answers each user, one call at a time"
    reasons |= oracles_without_rules(policy, operations)
    if all(each.reads_only for each in operations.values()):
        reasons["ownership"] = "no operation changes anything"
    refers = [
        parameter
        for each in operations.values()
        if not each.public
        for parameter in each.parameters
        if parameter.refers
    ]
    if not refers:
        reasons["existence"] = "no operation takes the id of an object"
    return reasons
