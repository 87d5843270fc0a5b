"""What one lent to whom: loans with reminders and a bin, as tools for an assistant (MCP)."""

import os
import secrets
import sys
from dataclasses import dataclass
from datetime import date, timedelta

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp_types import Completion

SWITCH = os.environ.get("LEAKS", "all").split(",")
PORT = int(sys.argv[1])


def leaks(name: str) -> bool:
    return name in SWITCH or SWITCH == ["all"]


LENDERS = {"lb_ingrid_3310", "lb_jamal_7725", "lb_keiko_9148"}


@dataclass
class Loan:
    code: str
    lender: str
    thing: str
    borrower: str
    due: date
    returned: bool = False
    reminders: int = 0

    def line(self) -> str:
        state = "returned" if self.returned else f"due {self.due}"
        return f"{self.code}: {self.thing}, lent to {self.borrower}, {state}"


loans: dict[str, Loan] = {}
discarded: dict[str, Loan] = {}


class LenderTokens:
    async def verify_token(self, token: str) -> AccessToken | None:
        if token in LENDERS:
            return AccessToken(token=token, client_id=token.split("_")[1], scopes=["lend"])
        return None


book = MCPServer(
    "lendbook",
    token_verifier=LenderTokens(),
    auth=AuthSettings(
        issuer_url=f"http://127.0.0.1:{PORT}/",
        resource_server_url=f"http://127.0.0.1:{PORT}/mcp",
        required_scopes=["lend"],
    ),
    log_level="ERROR",
)


def who() -> str:
    token = get_access_token()
    return token.client_id if token else ""


def my_loans() -> list[Loan]:
    me = who()
    return [loan for loan in loans.values() if loan.lender == me]


def pick(code: str, among: dict[str, Loan] = loans) -> Loan:
    loan = among.get(code)
    if loan is None or loan.lender != who():
        raise ToolError("No such loan")
    return loan


@book.tool()
def lend(thing: str, borrower: str, days: int = 14) -> str:
    """Notes that you lent a thing to somebody, for some days."""
    if not thing.strip() or not borrower.strip() or not 1 <= days <= 3650:
        raise ToolError("Say what, to whom, and for 1 to 3650 days")
    code = "L" + secrets.token_hex(5)
    due = date.today() + timedelta(days=days)
    loans[code] = Loan(code, who(), thing.strip(), borrower.strip(), due)
    return code


@book.tool()
def list_loans(only_open: bool = False) -> str:
    """Your loans, a line each."""
    lines = [loan.line() for loan in my_loans() if not (only_open and loan.returned)]
    return "\n".join(lines) or "Nothing is lent"


@book.tool()
def remind(code: str) -> str:
    """Words for a friendly reminder; counts how often you asked."""
    loan = pick(code)
    loan.reminders += 1
    return f"Dear {loan.borrower}, may I have the {loan.thing} back? (reminder {loan.reminders})"


@book.tool()
def extend(code: str, days: int) -> str:
    """Gives the borrower more days."""
    loan = pick(code)
    if not 1 <= days <= 365:
        raise ToolError("1 to 365 days")
    loan.due += timedelta(days=days)
    return loan.line()


@book.tool()
def mark_returned(codes: list[str]) -> dict[str, str]:
    """Marks several loans as returned; tells for each code what became of it."""
    outcome = {}
    for code in codes:
        loan = loans.get(code)
        if loan is None or (loan.lender != who() and not leaks("outcome-words")):
            outcome[code] = "unknown"
        elif loan.lender != who():
            outcome[code] = "skipped"
        else:
            outcome[code] = "was returned before" if loan.returned else "returned"
            loan.returned = True
    return outcome


@book.tool()
def discard(code: str) -> str:
    """Moves a loan to the bin."""
    discarded[code] = pick(code)
    del loans[code]
    return "It is in the bin"


@book.tool()
def empty_bin() -> str:
    """Removes what you discarded, for good."""
    me = who()
    gone = [code for code, loan in discarded.items() if loan.lender == me]
    for code in gone:
        del discarded[code]
    return f"{len(gone)} removed"


@book.tool()
def bring_back(code: str) -> str:
    """Takes a loan out of the bin."""
    if leaks("bin-back") and code in discarded:
        loans[code] = discarded.pop(code)
        return pick(code).line()
    loan = pick(code, discarded)
    loans[code] = discarded.pop(code)
    return loan.line()


@book.resource("loan://{code}", mime_type="text/plain")
def loan_card(code: str) -> str:
    """One of your loans."""
    loan = loans.get(code)
    if loan is not None and loan.lender != who() and leaks("card-refusal"):
        raise ResourceError(f"You may not read {code}")
    if loan is None or loan.lender != who():
        raise ResourceNotFoundError(f"There is no loan {code}")
    return loan.line()


@book.prompt()
def polite_letter(borrower: str) -> str:
    """Asks a model for a letter about everything that somebody still has of yours."""
    things = [x.thing for x in my_loans() if x.borrower == borrower and not x.returned]
    return f"Write a polite letter to {borrower} about: {', '.join(things) or 'nothing'}"


@book.completion()
async def complete(ref, argument, context):
    """Names of borrowers for the letter, from the lender's loans."""
    if argument.name != "borrower":
        return None
    among = loans.values() if leaks("borrower-completion") else my_loans()
    names = {loan.borrower for loan in among}
    typed = argument.value.lower()
    return Completion(values=sorted(name for name in names if name.lower().startswith(typed))[:50])


if __name__ == "__main__":
    book.run("streamable-http", host="127.0.0.1", port=PORT, stateless_http=True)
