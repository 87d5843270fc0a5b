"""Runs the official MCP conformance suite against a server that requires tokens.

`suite` installs and runs `@modelcontextprotocol/conformance`, `scenarios` classifies its server
scenarios as applicable or not, with reasons, and `proxy` adds the credential that the suite cannot
send. No check of the suite is repeated here.
"""

from crosstalk.conformance.proxy import token_proxy
from crosstalk.conformance.scenarios import Reason, UnclassifiedError, classify
from crosstalk.conformance.suite import Scenario, ScenarioResult, Suite

__all__ = [
    "Reason",
    "Scenario",
    "ScenarioResult",
    "Suite",
    "UnclassifiedError",
    "classify",
    "token_proxy",
]
