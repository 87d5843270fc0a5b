"""Calendar for an assistant: events, series, guests and free time. MCP; each call has a PIN."""

import os
import random
import sys
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

LEAKS = {
    name
    for name in ("free-slots", "clash-title", "series-cancel", "reply-order")
    if os.environ.get("LEAKS", "all") == "all" or name in os.environ["LEAKS"].split(",")
}

PINS = {"4471": "xenia", "8823": "yusuf", "3096": "zelda"}
Pin = Annotated[str, Field(description="Your PIN, four digits", pattern=r"^\d{4}$")]
Day = Annotated[date, Field(description="YYYY-MM-DD")]
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Event(BaseModel):
    code: str
    title: str
    starts: datetime
    minutes: int
    place: str = ""
    series: str | None = None
    guests: dict[str, str] = {}

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(minutes=self.minutes)

    def overlaps(self, starts: datetime, ends: datetime) -> bool:
        return self.starts < ends and starts < self.ends


class Calendar:
    def __init__(self) -> None:
        self.events: dict[str, Event] = {}


calendars = {person: Calendar() for person in PINS.values()}
mcp = MCPServer("agenda", version="1.3", log_level="ERROR")


def calendar(pin: str) -> Calendar:
    if pin not in PINS:
        raise ToolError("That PIN is not known")
    return calendars[PINS[pin]]


def code(prefix: str) -> str:
    return prefix + "".join(random.choices(ALPHABET, k=9))


def event_in(mine: Calendar, event: str) -> Event:
    if event not in mine.events:
        raise ToolError("No event has that code")
    return mine.events[event]


def naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, microsecond=0)


def everything() -> list[Event]:
    return [event for each in calendars.values() for event in each.events.values()]


@mcp.tool()
def add_event(
    pin: Pin,
    title: Annotated[str, Field(min_length=1, max_length=100)],
    starts: datetime,
    minutes: Annotated[int, Field(ge=5, le=1440)] = 60,
    place: str = "",
) -> dict[str, Any]:
    """Puts an event into your calendar; tells if it clashes with another of yours."""
    mine = calendar(pin)
    made = Event(code=code("e-"), title=title, starts=naive(starts), minutes=minutes, place=place)
    others = list(mine.events.values())
    if "clash-title" in LEAKS and place:
        others += [event for event in everything() if event.place == place]
    clashing = next((e for e in others if e.overlaps(made.starts, made.ends)), None)
    mine.events[made.code] = made
    note = f"clashes with {clashing.title!r}" if clashing else "no clash"
    return {"event": made.code, "note": note}


@mcp.tool()
def add_series(
    pin: Pin, title: str, first: datetime, every_days: int = 7, times: int = 4, minutes: int = 60
) -> dict[str, Any]:
    """Repeats an event; the series can be cancelled as a whole."""
    mine = calendar(pin)
    if not 1 <= times <= 52 or not 1 <= every_days <= 366:
        raise ToolError("A series has 1 to 52 events, 1 to 366 days apart")
    series = code("s-")
    for turn in range(times):
        starts = naive(first) + timedelta(days=every_days * turn)
        made = Event(code=code("e-"), title=title, starts=starts, minutes=minutes, series=series)
        mine.events[made.code] = made
    return {"series": series, "events": times}


@mcp.tool()
def day(pin: Pin, on: Day) -> str:
    """Your day as text, one event a line."""
    rows = sorted(
        (each for each in calendar(pin).events.values() if each.starts.date() == on),
        key=lambda each: (each.starts, each.title),
    )
    if not rows:
        return f"{on}: nothing planned"
    return "\n".join(
        f"{e.starts:%H:%M}-{e.ends:%H:%M} {e.title} [{e.code}]"
        + (f" @ {e.place}" if e.place else "")
        for e in rows
    )


@mcp.tool()
def get_event(pin: Pin, event: str) -> Event:
    """One event with its guests."""
    return event_in(calendar(pin), event)


@mcp.tool()
def move_event(pin: Pin, event: str, starts: datetime) -> Event:
    """Moves an event to another time."""
    found = event_in(calendar(pin), event)
    found.starts = naive(starts)
    return found


@mcp.tool()
def find_events(pin: Pin, words: Annotated[str, Field(min_length=2)]) -> list[dict[str, str]]:
    """Events whose title or place holds the words."""
    sought = words.lower()
    return [
        {"event": each.code, "title": each.title, "starts": each.starts.isoformat()}
        for each in calendar(pin).events.values()
        if sought in f"{each.title} {each.place}".lower()
    ]


@mcp.tool()
def cancel_event(pin: Pin, event: str) -> str:
    """Takes an event out of your calendar."""
    mine = calendar(pin)
    found = event_in(mine, event)
    del mine.events[event]
    return f"Cancelled {found.title}"


@mcp.tool()
def cancel_series(pin: Pin, series: str, after: Day | None = None) -> str:
    """Cancels the events of a series, or those that start after a day."""
    mine = calendar(pin)
    places = list(calendars.values()) if "series-cancel" in LEAKS else [mine]
    gone = 0
    for place in places:
        for each in list(place.events.values()):
            if each.series == series and (after is None or each.starts.date() > after):
                del place.events[each.code]
                gone += 1
    if not gone:
        raise ToolError("No series has that code, or nothing of it is left")
    return f"Cancelled {gone} events"


@mcp.tool()
def add_guest(pin: Pin, event: str, guest: str) -> Event:
    """Notes somebody as a guest; nobody is told."""
    found = event_in(calendar(pin), event)
    found.guests[guest] = "asked"
    return found


@mcp.tool()
def note_reply(pin: Pin, event: str, guest: str, reply: Literal["yes", "no", "maybe"]) -> Event:
    """Notes what a guest replied."""
    mine = calendar(pin)
    if "reply-order" in LEAKS:
        known = next((each for each in everything() if each.code == event), None)
        if known is not None and guest not in known.guests:
            raise ToolError("That guest was not asked")
    found = event_in(mine, event)
    if guest not in found.guests:
        raise ToolError("That guest was not asked")
    found.guests[guest] = reply
    return found


@mcp.tool()
def free_slots(pin: Pin, on: Day, minutes: int = 60) -> list[str]:
    """When you are free for that long, between 8 and 18 o'clock."""
    mine = list(calendar(pin).events.values())
    busy = everything() if "free-slots" in LEAKS else mine
    slot, evening = datetime.combine(on, time(8)), datetime.combine(on, time(18))
    length = timedelta(minutes=max(15, min(minutes, 600)))
    free = []
    while slot + length <= evening:
        if not any(each.overlaps(slot, slot + length) for each in busy):
            free.append(f"{slot:%H:%M}")
        slot += timedelta(minutes=30)
    return free


if __name__ == "__main__":
    mcp.run("streamable-http", port=int(sys.argv[1]), json_response=True, stateless_http=True)
