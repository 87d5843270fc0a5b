"""The official MCP conformance suite against a server that asks for tokens.

`suite` installs and runs `@modelcontextprotocol/conformance`, `scenarios` says which of its server
scenarios apply and why the others do not, `proxy` adds the credential that the suite cannot send.
Nothing of the suite is repeated here: it judges.
"""

from crosstalk.conformance.proxy import token_proxy
from crosstalk.conformance.scenarios import Reason, UnclassifiedError, classify
from crosstalk.conformance.suite import Outcome, Scenario, Suite

__all__ = [
    "Outcome",
    "Reason",
    "Scenario",
    "Suite",
    "UnclassifiedError",
    "classify",
    "token_proxy",
]
