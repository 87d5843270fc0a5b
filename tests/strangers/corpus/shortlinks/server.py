"""Short links with statistics: slugs that all may follow, numbers that their owner sees."""

import csv
import io
import os
import re
import secrets
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Literal

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, HttpUrl, field_validator

PLANTED = ("slug-case", "top-referrers", "campaign-move", "click-share")
chosen = os.environ.get("LEAKS", "all")
LEAKS = set(PLANTED) if chosen == "all" else set(chosen.split(",")) & set(PLANTED)

WORKSPACES = {"sk-northwind-4411": "northwind", "sk-acme-9027": "acme", "sk-globex-1750": "globex"}
SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{3,31}")


@dataclass
class Link:
    slug: str
    workspace: str
    target: str
    title: str
    notes: str = ""
    campaign: str | None = None
    created: str = ""
    clicks: int = 0
    referrers: Counter = field(default_factory=Counter)


@dataclass
class Campaign:
    id: str
    workspace: str
    name: str
    budget: float


links: dict[str, Link] = {}
campaigns: dict[str, Campaign] = {}
key_header = APIKeyHeader(name="X-Api-Key", auto_error=False)


def workspace(key: str | None = Depends(key_header)) -> str:
    if key not in WORKSPACES:
        raise HTTPException(403, "Bad API key")
    return WORKSPACES[key]


class LinkCreate(BaseModel):
    target: HttpUrl
    title: str = ""
    notes: str = ""
    slug: str | None = None
    campaign: str | None = None

    @field_validator("slug")
    @classmethod
    def slug_is_wellformed(cls, value: str | None) -> str | None:
        if value is not None and not SLUG.fullmatch(value):
            raise ValueError("4 to 32 letters, digits and dashes")
        return value.lower() if value else None


class LinkEdit(BaseModel):
    title: str | None = None
    notes: str | None = None
    target: HttpUrl | None = None


class CampaignCreate(BaseModel):
    name: str
    budget: float = 0


class Assignment(BaseModel):
    slugs: list[str]


def public(link: Link) -> dict:
    row = asdict(link)
    row.pop("referrers")
    row.pop("workspace")
    return row


def mine(slug: str, me: str) -> Link:
    link = links.get(slug.lower())
    if link is None or link.workspace != me:
        raise HTTPException(404, "no such link")
    return link


def my_campaign(campaign_id: str, me: str) -> Campaign:
    found = campaigns.get(campaign_id)
    if found is None or found.workspace != me:
        raise HTTPException(404, "no such campaign")
    return found


app = FastAPI(title="Short links", openapi_url="/v1/openapi.json")
api = APIRouter(prefix="/v1")


@api.post("/links", status_code=201)
def shorten(body: LinkCreate, me: str = Depends(workspace)):
    slug = body.slug or secrets.token_hex(4)
    if slug in links:
        raise HTTPException(409, "slug is in use")
    if body.campaign is not None:
        my_campaign(body.campaign, me)
    links[slug] = Link(
        slug=slug,
        workspace=me,
        target=str(body.target),
        title=body.title,
        notes=body.notes,
        campaign=body.campaign,
        created=date.today().isoformat(),
    )
    return public(links[slug])


@api.get("/links")
def all_links(
    me: str = Depends(workspace),
    sort: Literal["slug", "clicks", "title"] = "slug",
    after: str | None = None,
    limit: int = Query(25, ge=1, le=100),
):
    """Cursor-paged: pass `next` of the last answer as `after`."""
    rows = sorted((x for x in links.values() if x.workspace == me), key=lambda x: x.slug)
    if after:
        rows = [x for x in rows if x.slug > after]
    page = rows[:limit]
    following = page[-1].slug if len(rows) > limit else None
    page.sort(key=lambda x: getattr(x, sort))
    return {"links": [public(x) for x in page], "next": following}


@api.get("/links/{slug}")
def one_link(slug: str, me: str = Depends(workspace)):
    return public(mine(slug, me))


@api.patch("/links/{slug}")
def edit(slug: str, body: LinkEdit, me: str = Depends(workspace)):
    link = mine(slug, me)
    for name, value in body.model_dump(exclude_none=True, mode="json").items():
        setattr(link, name, value)
    return public(link)


@api.delete("/links/{slug}", status_code=204)
def remove(slug: str, me: str = Depends(workspace)):
    if "slug-case" in LEAKS:
        exact = links.get(slug)
        if (exact is not None and exact.workspace != me) or slug.lower() not in links:
            raise HTTPException(404, "no such link")
        del links[slug.lower()]
    else:
        del links[mine(slug, me).slug]


@api.get("/links/{slug}/stats")
def stats(slug: str, me: str = Depends(workspace)):
    link = mine(slug, me)
    everyone = links.values() if "click-share" in LEAKS else mine_only(me)
    total = sum(x.clicks for x in everyone)
    return {
        "slug": link.slug,
        "clicks": link.clicks,
        "referrers": dict(link.referrers.most_common(20)),
        "share_of_clicks": round(link.clicks / total, 4) if total else 0,
    }


def mine_only(me: str) -> list[Link]:
    return [x for x in links.values() if x.workspace == me]


@api.get("/referrers")
def top_referrers(me: str = Depends(workspace), prefix: str = ""):
    """Sites that your links were followed from, most frequent first."""
    sum_of = Counter()
    for link in links.values():
        if "top-referrers" in LEAKS or link.workspace == me:
            sum_of.update(link.referrers)
    return [{"site": s, "clicks": n} for s, n in sum_of.most_common() if s.startswith(prefix)]


@api.get("/export", response_class=PlainTextResponse)
def export(me: str = Depends(workspace)):
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["slug", "target", "title", "notes", "clicks"])
    for x in mine_only(me):
        sheet.writerow([x.slug, x.target, x.title, x.notes, x.clicks])
    return PlainTextResponse(out.getvalue(), media_type="text/csv")


@api.post("/campaigns", status_code=201)
def start_campaign(body: CampaignCreate, me: str = Depends(workspace)):
    made = Campaign(secrets.token_urlsafe(8), me, body.name, body.budget)
    campaigns[made.id] = made
    return {"id": made.id, "name": made.name, "budget": made.budget}


@api.get("/campaigns/{campaign_id}")
def campaign_report(campaign_id: str, me: str = Depends(workspace)):
    found = my_campaign(campaign_id, me)
    inside = [x for x in links.values() if x.campaign == campaign_id]
    return {
        "id": found.id,
        "name": found.name,
        "budget": found.budget,
        "links": [{"slug": x.slug, "title": x.title, "clicks": x.clicks} for x in inside],
    }


@api.put("/campaigns/{campaign_id}/links")
def assign(campaign_id: str, body: Assignment, me: str = Depends(workspace)):
    """Puts links into the campaign; unknown slugs are skipped."""
    my_campaign(campaign_id, me)
    moved = 0
    for slug in body.slugs:
        link = links.get(slug.lower())
        if link is None:
            continue
        if link.workspace == me or "campaign-move" in LEAKS:
            link.campaign = campaign_id
            moved += 1
    return {"moved": moved}


@app.get("/{slug}", status_code=302, response_class=RedirectResponse)
def follow(slug: str, request: Request, referer: str | None = Header(None)):
    """Public: opens the target of a short link, and counts the click."""
    link = links.get(slug.lower())
    if link is None:
        return JSONResponse({"detail": "no such link"}, 404)
    link.clicks += 1
    link.referrers[referer or "direct"] += 1
    return RedirectResponse(link.target, 302)


app.include_router(api)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
