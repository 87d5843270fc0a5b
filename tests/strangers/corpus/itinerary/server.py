"""Itineraries over MCP, on the low-level server: tools, resources (trip:///SLUG), a prompt and completions.

Callers send the key of their account in X-Api-Key.
"""

import contextvars
import json
import os
import re
import sys
import unicodedata

import mcp_types as types
import uvicorn
from jsonschema import Draft202012Validator
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from starlette.responses import JSONResponse

ACCOUNTS = {"it-8842-uma": "uma", "it-1930-viktor": "viktor", "it-5571-wanda": "wanda"}
account: contextvars.ContextVar[str] = contextvars.ContextVar("account")
_which = os.environ.get("LEAKS", "all")


def leak(name: str) -> bool:
    return _which == "all" or name in _which.split(",")


class Trips:
    """All trips, by (traveller, slug)."""

    def __init__(self):
        self.trips: dict[tuple[str, str], dict] = {}

    def of(self, traveller):
        return {
            slug: trip
            for (who, slug), trip in self.trips.items()
            if who == traveller and not trip["cancelled"]
        }

    def get(self, slug):
        trip = self.of(account.get()).get(slug)
        if trip is None:
            raise ValueError(f"you have no trip {slug!r}")
        return trip

    def anyones(self, slug):
        return next(
            (t for (_, s), t in self.trips.items() if s == slug and not t["cancelled"]), None
        )

    def new_slug(self, title):
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
        slug = wanted = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "trip"
        me, n = account.get(), 1
        while any(s == slug and (who == me or leak("slug-suffix")) for who, s in self.trips):
            n += 1
            slug = f"{wanted}-{n}"
        return slug


trips = Trips()
TOOLS: dict[str, tuple[types.Tool, object]] = {}


def tool(name, description, required=(), **properties):
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }

    def register(f):
        TOOLS[name] = (types.Tool(name=name, description=description, input_schema=schema), f)
        return f

    return register


STR = {"type": "string", "minLength": 1, "maxLength": 400}
SLUG = {
    "type": "string",
    "description": "slug of one of your trips, as plan_trip and list_trips show it",
}


@tool(
    "plan_trip",
    "Plan a new trip; its slug is made of the title.",
    ["title"],
    title=STR,
    private_note=STR,
)
def plan_trip(title, private_note=""):
    slug = trips.new_slug(title)
    trips.trips[account.get(), slug] = {
        "slug": slug,
        "title": title,
        "private_note": private_note,
        "stops": [],
        "packing": [],
        "cancelled": False,
    }
    return {"slug": slug, "title": title}


@tool("list_trips", "Your trips, in the order in which they were planned.")
def list_trips():
    return [
        {"slug": t["slug"], "title": t["title"], "stops": len(t["stops"])}
        for t in trips.of(account.get()).values()
    ]


@tool(
    "search_trips",
    "Trips of yours in whose title, note or stops a text occurs.",
    ["text"],
    text=STR,
)
def search_trips(text):
    found = [
        t["slug"]
        for t in trips.of(account.get()).values()
        if text.lower() in json.dumps(t, ensure_ascii=False).lower()
    ]
    return {"found": len(found), "slugs": found}


@tool(
    "add_stop",
    "Add a place to a trip.",
    ["slug", "place"],
    slug=SLUG,
    place=STR,
    note=STR,
    nights={"type": "integer", "minimum": 0, "maximum": 60},
)
def add_stop(slug, place, note="", nights=1):
    trip = trips.get(slug)
    trip["stops"].append({"place": place, "nights": nights, "note": note})
    return {
        "slug": slug,
        "stop": len(trip["stops"]),
        "nights": sum(s["nights"] for s in trip["stops"]),
    }


@tool(
    "remove_stop",
    "Remove a stop by its number in the trip, 1 the first.",
    ["slug", "stop"],
    slug=SLUG,
    stop={"type": "integer", "minimum": 1},
)
def remove_stop(slug, stop):
    trip = trips.get(slug)
    if stop > len(trip["stops"]):
        raise ValueError(f"the trip has {len(trip['stops'])} stops")
    return {"removed": trip["stops"].pop(stop - 1)["place"]}


@tool(
    "pack", "Put something on the packing list of a trip.", ["slug", "thing"], slug=SLUG, thing=STR
)
def pack(slug, thing):
    trip = trips.get(slug)
    if thing not in trip["packing"]:
        trip["packing"].append(thing)
    return {"packing": trip["packing"]}


@tool("cancel_trip", "Cancel a trip; restore_trip takes it back.", ["slug"], slug=SLUG)
def cancel_trip(slug):
    trips.get(slug)["cancelled"] = True
    return {"cancelled": slug}


@tool("restore_trip", "Take back the cancelling of a trip.", ["slug"], slug=SLUG)
def restore_trip(slug):
    trip = trips.trips.get((account.get(), slug))
    if trip is None or not trip["cancelled"]:
        raise ValueError(f"you have no cancelled trip {slug!r}")
    trip["cancelled"] = False
    return {"slug": slug, "title": trip["title"]}


async def on_list_tools(ctx, params):
    return types.ListToolsResult(tools=[t for t, _ in TOOLS.values()])


async def on_call_tool(ctx, params):
    if params.name not in TOOLS:
        raise MCPError(types.INVALID_PARAMS, f"unknown tool {params.name}")
    declared, run = TOOLS[params.name]
    arguments = params.arguments or {}
    try:
        for error in Draft202012Validator(declared.input_schema).iter_errors(arguments):
            raise ValueError(error.message)
        text, failed = json.dumps(run(**arguments), ensure_ascii=False), False
    except ValueError as e:
        text, failed = str(e), True
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)], is_error=failed
    )


async def on_list_resources(ctx, params):
    mine = trips.of(account.get())
    return types.ListResourcesResult(
        ttl_ms=0,
        cache_scope="private",
        resources=[
            types.Resource(
                uri="trip:///" + slug, name=slug, title=t["title"], mime_type="application/json"
            )
            for slug, t in mine.items()
        ],
    )


async def on_list_resource_templates(ctx, params):
    return types.ListResourceTemplatesResult(
        resource_templates=[
            types.ResourceTemplate(
                uri_template="trip:///{slug}",
                name="trip",
                description="A trip with its stops",
                mime_type="application/json",
            )
        ]
    )


async def on_read_resource(ctx, params):
    uri = str(params.uri)
    slug = uri.removeprefix("trip:///")
    trip = trips.of(account.get()).get(slug) or (
        trips.anyones(slug) if leak("trip-resource") else None
    )
    if trip is None or slug == uri:
        raise MCPError(types.INVALID_PARAMS, "no such trip")
    text = json.dumps({k: v for k, v in trip.items() if k != "cancelled"}, ensure_ascii=False)
    return types.ReadResourceResult(
        ttl_ms=0,
        cache_scope="private",
        contents=[
            types.TextResourceContents(uri=params.uri, mime_type="application/json", text=text)
        ],
    )


PACKING = types.Prompt(
    name="packing",
    description="Asks what to pack for one of your trips",
    arguments=[types.PromptArgument(name="slug", description="the trip", required=True)],
)


async def on_list_prompts(ctx, params):
    return types.ListPromptsResult(prompts=[PACKING])


async def on_get_prompt(ctx, params):
    if params.name != "packing":
        raise MCPError(types.INVALID_PARAMS, "no such prompt")
    try:
        trip = trips.get((params.arguments or {}).get("slug", ""))
    except ValueError as e:
        raise MCPError(types.INVALID_PARAMS, str(e))
    everybody = {who for who, _ in trips.trips} if leak("packing-prompt") else {account.get()}
    before = [
        thing
        for who in sorted(everybody)
        for t in trips.of(who).values()
        if t is not trip
        for thing in t["packing"]
    ]
    text = (
        f"I am going on the trip '{trip['title']}' ({len(trip['stops'])} stops). On my list: "
        f"{', '.join(trip['packing']) or 'nothing'}. On other trips I took: {', '.join(dict.fromkeys(before)) or 'nothing'}. "
        "What am I missing?"
    )
    return types.GetPromptResult(
        messages=[
            types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
        ]
    )


async def on_completion(ctx, params):
    if params.argument.name != "slug":
        return types.CompleteResult(completion=types.Completion(values=[]))
    everybody = {who for who, _ in trips.trips} if leak("slug-completion") else {account.get()}
    found = sorted(
        {s for who in everybody for s in trips.of(who) if s.startswith(params.argument.value)}
    )
    return types.CompleteResult(completion=types.Completion(values=found[:20], total=len(found)))


server = Server(
    "itinerary",
    version="3.2",
    instructions="Trips of the traveller whose key is sent.",
    on_list_tools=on_list_tools,
    on_call_tool=on_call_tool,
    on_list_resources=on_list_resources,
    on_list_resource_templates=on_list_resource_templates,
    on_read_resource=on_read_resource,
    on_list_prompts=on_list_prompts,
    on_get_prompt=on_get_prompt,
    on_completion=on_completion,
)


def with_keys(app):
    async def keyed(scope, receive, send):
        if scope["type"] != "http":
            return await app(scope, receive, send)
        key = dict(scope["headers"]).get(b"x-api-key", b"").decode("latin-1")
        if key not in ACCOUNTS:
            return await JSONResponse({"error": "a valid X-Api-Key is needed"}, 401)(
                scope, receive, send
            )
        account.set(ACCOUNTS[key])
        await app(scope, receive, send)

    return keyed


if __name__ == "__main__":
    inner = server.streamable_http_app(stateless_http=True, json_response=True)
    uvicorn.run(with_keys(inner), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
