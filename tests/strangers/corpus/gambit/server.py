"""Gambit: games, comments and opening repertoires of chess players, over MCP (official Python SDK)."""

import os
import secrets
import sys
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import uvicorn
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from pydantic import AnyHttpUrl, Field

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
PLANTED = ("annotate", "opponent-report", "undo-stack", "restore-state")
switch = os.environ.get("LEAKS", "all")
LEAKS = PLANTED if switch == "all" else tuple(switch.split(","))

PLAYERS = {
    "gb-judit-7c41e9": "judit",
    "gb-paul-20d3fa": "paul",
    "gb-vera-b85a16": "vera",
}

Result = Literal["1-0", "0-1", "1/2-1/2", "*"]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=4000)]


@dataclass
class Game:
    player: str
    white: str
    black: str
    result: str
    moves: str
    notes: str
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    comments: list[dict[str, Any]] = field(default_factory=list)
    deleted: bool = False

    def head(self) -> dict[str, Any]:
        return {"game_id": self.id, "white": self.white, "black": self.black, "result": self.result}

    def full(self) -> dict[str, Any]:
        return {**self.head(), "moves": self.moves, "notes": self.notes, "comments": self.comments}

    def pgn(self) -> str:
        tags = {"White": self.white, "Black": self.black, "Result": self.result}
        return "\n".join(
            [*(f'[{k} "{v}"]' for k, v in tags.items()), "", f"{self.moves} {self.result}"]
        )


@dataclass
class Line:
    moves: str
    idea: str
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    asked: int = 0
    known: int = 0


@dataclass
class Repertoire:
    player: str
    name: str
    color: str
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    lines: list[Line] = field(default_factory=list)


games: dict[str, Game] = {}
repertoires: dict[str, Repertoire] = {}
deletions: list[tuple[str, str]] = []  # (player, game), for undo_delete


class Tokens:
    async def verify_token(self, token: str) -> AccessToken | None:
        if token not in PLAYERS:
            return None
        return AccessToken(token=token, client_id=PLAYERS[token], scopes=[], subject=PLAYERS[token])


mcp = MCPServer(
    "gambit",
    instructions="Keeps the games and opening repertoires of a chess player.",
    token_verifier=Tokens(),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl("http://127.0.0.1:9/"),
        resource_server_url=AnyHttpUrl(f"http://127.0.0.1:{PORT}/mcp"),
        validate_token_resource=False,  # the tokens are opaque
    ),
    log_level="ERROR",
)


def me() -> str:
    token = get_access_token()
    if token is None or not token.subject:
        raise ToolError("not signed in")
    return token.subject


def the_game(game_id: str) -> Game:
    game = games.get(game_id)
    if game is None or game.player != me() or game.deleted:
        raise ToolError(f"No game {game_id}")
    return game


def my_games() -> list[Game]:
    player = me()
    return [g for g in games.values() if g.player == player and not g.deleted]


def the_repertoire(repertoire_id: str) -> Repertoire:
    found = repertoires.get(repertoire_id)
    if found is None or found.player != me():
        raise ToolError(f"No repertoire {repertoire_id}")
    return found


def the_line(line_id: str) -> tuple[Repertoire, Line]:
    player = me()
    for repertoire in repertoires.values():
        if repertoire.player == player:
            for line in repertoire.lines:
                if line.id == line_id:
                    return repertoire, line
    raise ToolError(f"No line {line_id}")


def undone(game: Game) -> None:
    deletions[:] = [d for d in deletions if d[1] != game.id]


@mcp.tool()
def save_game(
    white: Name, black: Name, result: Result, moves: Text = "", notes: Text = ""
) -> dict[str, Any]:
    """Save a game of yours, with its moves and your notes."""
    game = Game(me(), white, black, result, moves, notes)
    games[game.id] = game
    return game.full()


@mcp.tool()
def list_games(
    result: Result | None = None, page: Annotated[int, Field(ge=1, le=1000)] = 1
) -> dict[str, Any]:
    """Your games, twenty a page."""
    found = [g for g in my_games() if result in (None, g.result)]
    return {"games": [g.head() for g in found[(page - 1) * 20 : page * 20]], "total": len(found)}


@mcp.tool()
def get_game(game_id: str) -> dict[str, Any]:
    """A game with its moves, notes and comments."""
    return the_game(game_id).full()


@mcp.tool()
def annotate_game(game_id: str, ply: Annotated[int, Field(ge=0, le=600)], comment: Name) -> str:
    """Comment on a move of a game (ply 1 is White's first)."""
    if "annotate" in LEAKS:
        game = games.get(game_id)
        if game is None or game.deleted:
            raise ToolError(f"No game {game_id}")
    else:
        game = the_game(game_id)
    game.comments.append({"ply": ply, "comment": comment})
    return f"Comment added to {game_id}."


@mcp.tool()
def delete_game(game_id: str) -> str:
    """Move a game to the trash; undo_delete and restore_game bring it back."""
    game = the_game(game_id)
    game.deleted = True
    deletions.append((game.player, game.id))
    return f"{game_id} is in the trash."


@mcp.tool()
def list_trash() -> dict[str, Any]:
    """Your deleted games."""
    player = me()
    return {"games": [g.head() for g in games.values() if g.player == player and g.deleted]}


@mcp.tool()
def undo_delete() -> dict[str, Any]:
    """Take back your last deletion."""
    player = me()
    own = [d for d in deletions if d[0] == player or "undo-stack" in LEAKS]
    if not own:
        raise ToolError("Nothing to undo.")
    game = games[own[-1][1]]
    game.deleted = False
    undone(game)
    return {"restored": game.head()}


@mcp.tool()
def restore_game(game_id: str) -> dict[str, Any]:
    """Bring one game back from the trash."""
    game = games.get(game_id)
    if "restore-state" in LEAKS and game is not None and not game.deleted:
        raise ToolError(f"{game_id} is not in the trash")
    if game is None or game.player != me():
        raise ToolError(f"No game {game_id}")
    if not game.deleted:
        raise ToolError(f"{game_id} is not in the trash")
    game.deleted = False
    undone(game)
    return {"restored": game.head()}


@mcp.tool()
def empty_trash() -> str:
    """Delete for good what is in your trash."""
    player = me()
    gone = [g for g in games.values() if g.player == player and g.deleted]
    for game in gone:
        undone(game)
        del games[game.id]
    return f"{len(gone)} games deleted for good."


@mcp.tool()
def search_games(text: Name) -> dict[str, Any]:
    """Your games whose players, moves or notes have this text."""
    return {
        "games": [
            {**g.head(), "notes": g.notes}
            for g in my_games()
            if text.lower() in f"{g.white} {g.black} {g.moves} {g.notes}".lower()
        ]
    }


@mcp.tool()
def opponent_report(opponent: Name) -> dict[str, Any]:
    """Your record against somebody: how many games, won, drawn and lost."""
    pool = (
        [g for g in games.values() if not g.deleted] if "opponent-report" in LEAKS else my_games()
    )
    record = {"opponent": opponent, "games": 0, "won": 0, "drawn": 0, "lost": 0}
    for g in pool:
        if opponent.lower() not in (g.white.lower(), g.black.lower()):
            continue
        record["games"] += 1
        if g.result == "1/2-1/2":
            record["drawn"] += 1
        elif g.result != "*":
            theirs = "1-0" if g.white.lower() == opponent.lower() else "0-1"
            record["lost" if g.result == theirs else "won"] += 1
    return record


@mcp.tool()
def export_pgn(game_ids: Annotated[list[str], Field(min_length=1, max_length=50)]) -> str:
    """Several games as PGN. All of them must be yours."""
    return "\n\n".join(the_game(game_id).pgn() for game_id in game_ids)


@mcp.tool()
def make_repertoire(name: Name, color: Literal["white", "black"]) -> dict[str, Any]:
    """Begin an opening repertoire."""
    made = Repertoire(me(), name, color)
    repertoires[made.id] = made
    return {"repertoire_id": made.id, "name": name, "color": color}


@mcp.tool()
def list_repertoires() -> dict[str, Any]:
    """Your repertoires, with the number of lines."""
    player = me()
    return {
        "repertoires": [
            {"repertoire_id": r.id, "name": r.name, "color": r.color, "lines": len(r.lines)}
            for r in repertoires.values()
            if r.player == player
        ]
    }


@mcp.tool()
def add_line(repertoire_id: str, moves: Name, idea: Text = "") -> dict[str, Any]:
    """Add a line to a repertoire, with the idea behind it."""
    line = Line(moves, idea)
    the_repertoire(repertoire_id).lines.append(line)
    return {"line_id": line.id, "moves": moves, "idea": idea}


@mcp.tool()
def show_repertoire(repertoire_id: str) -> dict[str, Any]:
    """A repertoire with its lines."""
    r = the_repertoire(repertoire_id)
    lines = [{"line_id": x.id, "moves": x.moves, "idea": x.idea} for x in r.lines]
    return {"repertoire_id": r.id, "name": r.name, "color": r.color, "lines": lines}


@mcp.tool()
def drop_line(line_id: str) -> str:
    """Remove a line from its repertoire."""
    repertoire, line = the_line(line_id)
    repertoire.lines.remove(line)
    return f"Line {line_id} removed."


@mcp.tool()
def drill(repertoire_id: str) -> dict[str, Any]:
    """The line of a repertoire that you know least."""
    lines = the_repertoire(repertoire_id).lines
    if not lines:
        raise ToolError("This repertoire has no lines.")
    line = min(lines, key=lambda each: each.known - each.asked / 2)
    return {"line_id": line.id, "moves": line.moves}


@mcp.tool()
def answer_drill(line_id: str, correct: bool) -> dict[str, Any]:
    """Say whether you knew a line; shows its idea."""
    _, line = the_line(line_id)
    line.asked += 1
    line.known += correct
    return {"line_id": line.id, "idea": line.idea, "asked": line.asked, "known": line.known}


@mcp.tool()
def my_statistics() -> dict[str, int]:
    """How many games, repertoires and drills you have."""
    own = [r for r in repertoires.values() if r.player == me()]
    lines = [line for r in own for line in r.lines]
    return {
        "games": len(my_games()),
        "repertoires": len(own),
        "lines": len(lines),
        "drills": sum(line.asked for line in lines),
    }


@mcp.resource("game://{game_id}/pgn", mime_type="application/x-chess-pgn")
def game_pgn(game_id: str) -> str:
    """A game of yours as PGN."""
    try:
        return the_game(game_id).pgn()
    except ToolError as e:
        raise ResourceError(str(e)) from None


if __name__ == "__main__":
    app = mcp.streamable_http_app(stateless_http=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error")
