"""Newsletters of small publishers: subscribers, issues, sending, on aiohttp."""

import os
import secrets
import sys

from aiohttp import web

LEAKS = {"head-issue", "subscriber-owner", "unsubscribe-all", "open-rate"}
if "LEAKS" in os.environ and os.environ["LEAKS"] != "all":
    LEAKS = LEAKS.intersection(os.environ["LEAKS"].split(","))

PUBLISHERS = {"nl-basalt-70": "basalt", "nl-gneiss-15": "gneiss", "nl-schist-42": "schist"}
routes = web.RouteTableDef()
issues: dict[str, dict] = {}
subscribers: dict[tuple[str, str], dict] = {}


def refuse(status: int, text: str) -> web.Response:
    return web.json_response({"ok": False, "error": text}, status=status)


def done(data=None, status: int = 200) -> web.Response:
    return web.json_response({"ok": True, "data": data}, status=status)


@web.middleware
async def publisher(request: web.Request, handler):
    if request.path != "/openapi.json":
        request["me"] = PUBLISHERS.get(request.headers.get("X-Publisher-Key", ""))
        if request["me"] is None:
            return refuse(401, "X-Publisher-Key is not known")
        request["body"] = {}
        if request.can_read_body:
            try:
                request["body"] = await request.json()
            except ValueError:
                return refuse(400, "the body is not JSON")
            if not isinstance(request["body"], dict):
                return refuse(400, "the body is not an object")
    return await handler(request)


def issue_of(request: web.Request) -> dict | None:
    issue = issues.get(request.match_info["issue"])
    return issue if issue and issue["publisher"] == request["me"] else None


def view(issue: dict) -> dict:
    return {k: v for k, v in issue.items() if k not in ("publisher", "opens")}


def text_of(request: web.Request, name: str, longest: int) -> str | None:
    value = request["body"].get(name)
    return value if isinstance(value, str) and 0 < len(value) <= longest else None


def mine(request: web.Request) -> list[dict]:
    return [row for (owner, _), row in sorted(subscribers.items()) if owner == request["me"]]


@routes.post("/issues")
async def write_issue(request):
    subject, body = text_of(request, "subject", 150), text_of(request, "body", 50000)
    if subject is None or body is None:
        return refuse(422, "subject and body are needed")
    issue = {
        "id": secrets.token_hex(7),
        "publisher": request["me"],
        "subject": subject,
        "body": body,
        "sent_to": None,
        "opens": 0,
    }
    issues[issue["id"]] = issue
    return done(view(issue), 201)


@routes.get("/issues", allow_head=False)
async def list_issues(request):
    state = request.query.get("state")
    found = [view(row) for row in issues.values() if row["publisher"] == request["me"]]
    if state in ("draft", "sent"):
        found = [row for row in found if (row["sent_to"] is None) == (state == "draft")]
    return done(found)


@routes.get("/issues/{issue}", allow_head=False)
async def read_issue(request):
    issue = issue_of(request)
    return done(view(issue)) if issue else refuse(404, "no such issue")


@routes.head("/issues/{issue}")
async def issue_exists(request):
    issue = issues.get(request.match_info["issue"])
    if "head-issue" not in LEAKS:
        issue = issue_of(request)
    return web.Response(status=200 if issue else 404)


@routes.put("/issues/{issue}")
async def rewrite_issue(request):
    issue = issue_of(request)
    if issue is None:
        return refuse(404, "no such issue")
    if issue["sent_to"] is not None:
        return refuse(409, "a sent issue cannot be changed")
    for name, longest in (("subject", 150), ("body", 50000)):
        issue[name] = text_of(request, name, longest) or issue[name]
    return done(view(issue))


@routes.delete("/issues/{issue}")
async def drop_issue(request):
    issue = issue_of(request)
    if issue is None:
        return refuse(404, "no such issue")
    del issues[issue["id"]]
    return web.Response(status=204)


@routes.post("/issues/{issue}/send")
async def send_issue(request):
    issue = issue_of(request)
    if issue is None:
        return refuse(404, "no such issue")
    if issue["sent_to"] is not None:
        return refuse(409, "it was sent already")
    issue["sent_to"] = len(mine(request))
    return done(view(issue))


@routes.post("/issues/{issue}/opens")
async def count_opens(request):
    """Takes in how many readers opened an issue, as the mail provider reports it."""
    issue, opens = issue_of(request), request["body"].get("opens")
    if issue is None:
        return refuse(404, "no such issue")
    if not isinstance(opens, int) or not 0 <= opens <= 10**6:
        return refuse(422, "opens is a number")
    issue["opens"] = opens
    return done({"opens": opens})


@routes.get("/issues/{issue}/performance", allow_head=False)
async def performance(request):
    """The opens of an issue beside the average of the publisher's issues."""
    issue = issue_of(request)
    if issue is None:
        return refuse(404, "no such issue")
    rows = [x for x in issues.values() if x["publisher"] == request["me"] or "open-rate" in LEAKS]
    average = sum(x["opens"] for x in rows) / len(rows)
    return done({"opens": issue["opens"], "average": round(average, 2)})


@routes.post("/subscribers")
async def subscribe(request):
    email, name = text_of(request, "email", 200), text_of(request, "name", 100)
    if email is None or "@" not in email or name is None:
        return refuse(422, "email and name are needed")
    key = (request["me"], email.lower())
    fresh = key not in subscribers
    subscribers[key] = {"email": email.lower(), "name": name, "tags": []}
    return done(subscribers[key], 201 if fresh else 200)


@routes.get("/subscribers", allow_head=False)
async def list_subscribers(request):
    return done(mine(request))


@routes.get("/subscribers.csv", allow_head=False)
async def subscribers_csv(request):
    lines = ["email,name", *(f"{row['email']},{row['name']}" for row in mine(request))]
    return web.Response(text="\n".join(lines), content_type="text/csv")


@routes.put("/subscribers/{email}/tags")
async def tag(request):
    tags, email = request["body"].get("tags"), request.match_info["email"].lower()
    row = subscribers.get((request["me"], email))
    if row is None:
        if "subscriber-owner" in LEAKS and any(known == email for _, known in subscribers):
            return refuse(403, "not your subscriber")
        return refuse(404, "no such subscriber")
    if not isinstance(tags, list) or not all(isinstance(each, str) for each in tags):
        return refuse(422, "tags is a list of words")
    row["tags"] = tags
    return done(row)


@routes.post("/unsubscribe")
async def unsubscribe(request):
    """Takes addresses off the publisher's list; unknown ones are passed over."""
    emails = request["body"].get("emails")
    if not isinstance(emails, list):
        return refuse(422, "emails is a list")
    removed = 0
    for email in {str(each).lower() for each in emails}:
        removed += subscribers.pop((request["me"], email), None) is not None
        if "unsubscribe-all" in LEAKS:
            for key in [key for key in subscribers if key[1] == email]:
                del subscribers[key]
    return done({"removed": removed})


def described() -> dict:
    word, number = {"type": "string"}, {"type": "integer", "minimum": 0}
    words = {"type": "array", "items": word}
    bodies = {
        write_issue: {"subject": word, "body": word},
        rewrite_issue: {"subject": word, "body": word},
        count_opens: {"opens": number},
        subscribe: {"email": word, "name": word},
        tag: {"tags": words},
        unsubscribe: {"emails": words},
    }
    paths: dict[str, dict] = {}
    for route in routes:
        if route.path == "/openapi.json":
            continue
        told = {
            "operationId": route.handler.__name__,
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": word}
                for name in ("issue", "email")
                if "{" + name + "}" in route.path
            ],
            "responses": {"200": {"description": "done"}},
        }
        if fields := bodies.get(route.handler):
            schema = {"type": "object", "properties": fields, "required": [*fields]}
            told["requestBody"] = {"content": {"application/json": {"schema": schema}}}
        if route.handler is list_issues:
            state = {"type": "string", "enum": ["draft", "sent"]}
            told["parameters"] = [{"name": "state", "in": "query", "schema": state}]
        paths.setdefault(route.path, {})[route.method.lower()] = told
    return paths


@routes.get("/openapi.json", allow_head=False)
async def openapi(_request):
    key = {"type": "apiKey", "in": "header", "name": "X-Publisher-Key"}
    return web.json_response(
        {
            "openapi": "3.0.3",
            "info": {"title": "Newsletter", "version": "1"},
            "components": {"securitySchemes": {"key": key}},
            "security": [{"key": []}],
            "paths": described(),
        }
    )


app = web.Application(middlewares=[publisher])
app.add_routes(routes)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
