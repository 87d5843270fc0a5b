"""Judgement: what is new or expired fails, and what is known acquits nothing else."""

from __future__ import annotations

from datetime import date

from crosstalk.core.acceptance.baseline import Baseline, KnownFinding
from crosstalk.core.acceptance.judgement import Acceptance, FindingState, judged
from crosstalk.core.acceptance.waivers import Waiver
from crosstalk.core.exit_codes import ExitCode
from crosstalk.core.script import Script
from crosstalk.core.verdict import Control, Finding, Inconclusive, InconclusiveKind

TODAY = date(2026, 11, 28)
GET = Finding("canary", "mcp:get", ("alice", "bob"), "bob saw alice's", Script(()))
DELETE = Finding("ownership", "mcp:delete", ("alice", "bob"), "alice's is gone", Script(()))
OPEN = Inconclusive(InconclusiveKind.NOT_SERVED, "mcp:odd", "never answered")


def accepting(
    *findings: Finding, known: tuple[Finding, ...] = (), waivers: tuple[Waiver, ...] = ()
) -> Acceptance:
    entries = {
        each.fingerprint: KnownFinding(each.fingerprint, each.oracle, each.operation)
        for each in known
    }
    controls = {"mcp:get": Control(oracles={"canary": 4}), "mcp:delete": Control()}
    baseline = Baseline(entries, "known.json") if known else None
    return judged(findings, controls, baseline=baseline, waivers=waivers, today=TODAY)


def until(finding: Finding, day: date) -> Waiver:
    return Waiver(finding.fingerprint, "a reason", day)


def test_a_known_finding_does_not_fail_and_a_new_one_does() -> None:
    found = accepting(GET, DELETE, known=(GET,))
    assert found.of(GET) is FindingState.KNOWN
    assert found.of(DELETE) is FindingState.NEW
    assert found.failing([GET, DELETE]) == [DELETE]
    assert found.exit_code([GET, DELETE], []) is ExitCode.FINDING
    assert accepting(GET, known=(GET,)).exit_code([GET], []) is ExitCode.CLEAN


def test_a_known_finding_does_not_acquit_what_stayed_open() -> None:
    assert accepting(GET, known=(GET,)).exit_code([GET], [OPEN]) is ExitCode.INCONCLUSIVE


def test_a_waiver_holds_through_its_last_day_and_fails_afterwards() -> None:
    held = accepting(GET, waivers=(until(GET, TODAY),))
    assert held.of(GET) is FindingState.WAIVED
    assert held.exit_code([GET], []) is ExitCode.CLEAN
    over = accepting(GET, waivers=(until(GET, date(2026, 11, 27)),))
    assert over.of(GET) is FindingState.EXPIRED
    assert over.exit_code([GET], []) is ExitCode.FINDING
    assert "expired on 2026-11-27" in over.why(GET)


def test_an_expired_waiver_outweighs_the_baseline() -> None:
    over = accepting(GET, known=(GET,), waivers=(until(GET, date(2026, 11, 27)),))
    assert over.of(GET) is FindingState.EXPIRED
    assert over.exit_code([GET], []) is ExitCode.FINDING


def test_an_expired_waiver_fails_although_its_finding_is_gone() -> None:
    over = accepting(waivers=(until(GET, date(2026, 11, 27)),))
    assert [each.fingerprint for each in over.stale] == [GET.fingerprint]
    assert over.exit_code([], []) is ExitCode.USAGE
    assert accepting(waivers=(until(GET, TODAY),)).exit_code([], []) is ExitCode.CLEAN


def test_a_finding_is_gone_only_where_it_was_looked_for() -> None:
    gone, unseen = accepting(known=(GET, DELETE)).not_shown
    assert str(gone) == "canary mcp:get: not seen in 4 opportunities"
    assert str(unseen) == "ownership mcp:delete: not looked for in this run"


def test_plain_data_names_every_state() -> None:
    found = accepting(GET, DELETE, known=(GET,))
    data = found.to_json(ExitCode.FINDING)
    assert data["new"] == [DELETE.fingerprint]
    assert data["known"] == [GET.fingerprint]
    assert (data["expired"], data["waived"], data["exit_code"]) == ([], [], 1)
