"use strict";

/*
 * Trips: a planner of journeys with stops and packing lists. Hono on Node; travellers sign up, log in
 * and get a JWT that the server signs. A trip is known by a slug that is made of its title.
 */

const { randomBytes, randomUUID, scryptSync, timingSafeEqual } = require("node:crypto");
const { serve } = require("@hono/node-server");
const { Hono } = require("hono");
const { HTTPException } = require("hono/http-exception");
const { sign, verify } = require("hono/jwt");

const known = ["slug-taken", "owner-assigned", "restore-first", "stops-by-slug"];
const asked = process.env.LEAKS ?? "all";
const LEAKS = asked === "all" ? known : known.filter((leak) => asked.split(",").includes(leak));
const leaks = (name) => LEAKS.includes(name);

const SECRET = randomBytes(32).toString("base64");
const DESTINATIONS = [
  { place: "Lisbon", country: "PT", best: ["April", "May", "October"] },
  { place: "Kyoto", country: "JP", best: ["March", "November"] },
  { place: "Ljubljana", country: "SI", best: ["June", "September"] },
];

const travellers = new Map();
let trips = [];

const hashed = (password, salt) => scryptSync(password, salt, 32, { N: 512 });

function refuse(status, message) {
  return new HTTPException(status, { message });
}

async function json(c) {
  const body = await c.req.json().catch(() => null);
  if (body === null || typeof body !== "object" || Array.isArray(body)) {
    throw refuse(400, "send a JSON object");
  }
  return body;
}

const text = (body, field, { most = 200, needed = false } = {}) => {
  const value = body[field];
  if (value === undefined && !needed) return undefined;
  if (typeof value !== "string" || value.length > most || (needed && !value.trim())) {
    throw refuse(422, `${field} must be text of at most ${most} characters`);
  }
  return value;
};

const day = (body, field) => {
  const value = body[field];
  if (value === undefined) return undefined;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value) || Number.isNaN(Date.parse(value))) {
    throw refuse(422, `${field} must be a date`);
  }
  return value;
};

function slugFor(owner, title) {
  const base = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "trip";
  const rivals = leaks("slug-taken") ? trips : trips.filter((trip) => trip.owner === owner);
  const taken = new Set(rivals.map((trip) => trip.slug));
  let slug = base;
  for (let n = 2; taken.has(slug); n += 1) slug = `${base}-${n}`;
  return slug;
}

function tripOf(c) {
  const owner = c.get("who");
  const slug = c.req.param("slug");
  const trip = trips.find((t) => t.owner === owner && t.slug === slug && !t.trashed);
  if (!trip) throw refuse(404, "trip not found");
  return trip;
}

const shown = (trip) => ({
  slug: trip.slug,
  owner: trip.owner,
  title: trip.title,
  starts: trip.starts,
  ends: trip.ends,
  notes: trip.notes,
  stops: trip.stops.length,
  packed: `${trip.packing.filter((item) => item.done).length}/${trip.packing.length}`,
});

const app = new Hono();
app.onError((error, c) => {
  if (error instanceof HTTPException) return c.json({ message: error.message }, error.status);
  console.error(error);
  return c.json({ message: "internal error" }, 500);
});
app.notFound((c) => c.json({ message: "no such route" }, 404));
app.get("/openapi.json", (c) => c.json(require("./openapi.cjs")));

app.post("/signup", async (c) => {
  const body = await json(c);
  const name = text(body, "name", { most: 30, needed: true });
  const password = text(body, "password", { most: 100, needed: true });
  if (!/^[a-z][a-z0-9_.-]{1,29}$/.test(name)) throw refuse(422, "name must be a short word");
  if (password.length < 6) throw refuse(422, "password must have 6 characters at least");
  if (travellers.has(name)) throw refuse(409, "this name is taken");
  const salt = randomBytes(8);
  travellers.set(name, { salt, hash: hashed(password, salt) });
  return c.json({ name }, 201);
});

app.post("/login", async (c) => {
  const body = await json(c);
  const name = text(body, "name", { needed: true });
  const password = text(body, "password", { needed: true });
  const { salt, hash } = travellers.get(name) ?? { salt: "none", hash: randomBytes(32) };
  if (!timingSafeEqual(hash, hashed(password, salt))) throw refuse(401, "wrong name or password");
  const exp = Math.floor(Date.now() / 1000) + 6 * 3600;
  return c.json({ access_token: await sign({ sub: name, exp }, SECRET, "HS256"), type: "Bearer" });
});

const api = new Hono();
api.use(async (c, next) => {
  const [, token] = /^Bearer (\S+)$/.exec(c.req.header("Authorization") ?? "") ?? [];
  const claims = token && (await verify(token, SECRET, "HS256").catch(() => null));
  if (!claims) throw refuse(401, "log in to get a token");
  c.set("who", claims.sub);
  await next();
});

api.get("/destinations", (c) => c.json({ destinations: DESTINATIONS }));

api.get("/trips", (c) => {
  const mine = trips.filter((trip) => trip.owner === c.get("who") && !trip.trashed);
  return c.json({ trips: mine.map(shown) });
});

api.post("/trips", async (c) => {
  const body = await json(c);
  const title = text(body, "title", { most: 100, needed: true });
  const trip = {
    ref: randomUUID(),
    owner: c.get("who"),
    slug: slugFor(c.get("who"), title),
    title,
    starts: day(body, "starts") ?? null,
    ends: day(body, "ends") ?? null,
    notes: text(body, "notes", { most: 4000 }) ?? "",
    stops: [],
    packing: [],
    trashed: false,
  };
  if (trip.starts && trip.ends && trip.ends < trip.starts) throw refuse(422, "ends before it starts");
  trips.push(trip);
  return c.json(shown(trip), 201);
});

api.get("/trips/:slug", (c) => {
  const trip = tripOf(c);
  return c.json({ ...shown(trip), stops: trip.stops, packing: trip.packing });
});

api.patch("/trips/:slug", async (c) => {
  const trip = tripOf(c);
  const body = await json(c);
  const changes = {
    title: text(body, "title", { most: 100 }),
    starts: day(body, "starts"),
    ends: day(body, "ends"),
    notes: text(body, "notes", { most: 4000 }),
  };
  if (leaks("owner-assigned")) changes.owner = text(body, "owner");
  for (const [field, value] of Object.entries(changes)) if (value !== undefined) trip[field] = value;
  return c.json(shown(trip));
});

api.delete("/trips/:slug", (c) => {
  tripOf(c).trashed = true;
  return c.body(null, 204);
});

api.post("/trips/:slug/stops", async (c) => {
  const trip = tripOf(c);
  const body = await json(c);
  const nights = body.nights ?? 1;
  if (!Number.isInteger(nights) || nights < 0 || nights > 365) throw refuse(422, "nights is a number");
  const stop = {
    key: randomBytes(4).toString("hex"),
    place: text(body, "place", { needed: true }),
    arrive: day(body, "arrive") ?? trip.starts,
    nights,
    lodging: text(body, "lodging", { most: 500 }) ?? "",
  };
  trip.stops.push(stop);
  return c.json(stop, 201);
});

api.delete("/trips/:slug/stops/:key", (c) => {
  const trip = tripOf(c);
  const place = trip.stops.findIndex((stop) => stop.key === c.req.param("key"));
  if (place < 0) throw refuse(404, "stop not found");
  trip.stops.splice(place, 1);
  return c.body(null, 204);
});

api.put("/trips/:slug/packing", async (c) => {
  const trip = tripOf(c);
  const { items } = await json(c);
  if (!Array.isArray(items) || items.length > 100) throw refuse(422, "items must be a list");
  trip.packing = items.map((item) => ({
    item: text(Object(item), "item", { most: 80, needed: true }),
    done: Object(item).done === true,
  }));
  return c.json({ packing: trip.packing });
});

/** Stops over all trips of a traveller, or of one of them. */
api.get("/stops", (c) => {
  const { trip: slug, place } = c.req.query();
  let chosen = trips.filter((trip) => trip.owner === c.get("who"));
  if (slug !== undefined) {
    chosen = (leaks("stops-by-slug") ? trips : chosen).filter((trip) => trip.slug === slug);
  }
  const stops = chosen
    .filter((trip) => !trip.trashed)
    .flatMap((trip) => trip.stops.map((stop) => ({ trip: trip.slug, ...stop })));
  const like = (place ?? "").toLowerCase();
  return c.json({ stops: stops.filter((stop) => stop.place.toLowerCase().includes(like)) });
});

api.get("/itinerary.md", (c) => {
  const mine = trips.filter((trip) => trip.owner === c.get("who") && !trip.trashed);
  const parts = mine.map((trip) => {
    const stops = trip.stops.map((s) => `- ${s.arrive ?? "?"}: ${s.place}, ${s.nights} nights`);
    return [`## ${trip.title}`, trip.notes, ...stops].filter(Boolean).join("\n");
  });
  return c.text(["# Itinerary", ...parts, ""].join("\n\n"), 200, {
    "Content-Type": "text/markdown; charset=utf-8",
  });
});

api.get("/trash", (c) => {
  const mine = trips.filter((trip) => trip.owner === c.get("who") && trip.trashed);
  return c.json({ trash: mine.map(({ ref, title, slug }) => ({ ref, title, slug })) });
});

api.post("/trash/:ref/restore", (c) => {
  const trip = trips.find((t) => t.ref === c.req.param("ref") && t.trashed);
  const mine = trip?.owner === c.get("who");
  if (trip && (mine || leaks("restore-first"))) trip.trashed = false;
  if (!mine) throw refuse(404, "not in the trash");
  return c.json(shown(trip));
});

api.delete("/trash/:ref", (c) => {
  const gone = trips.find(
    (t) => t.ref === c.req.param("ref") && t.owner === c.get("who") && t.trashed,
  );
  if (!gone) throw refuse(404, "not in the trash");
  trips = trips.filter((trip) => trip !== gone);
  return c.body(null, 204);
});

app.route("/api", api);

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.argv[2]) });
process.on("SIGTERM", () => {
  server.close();
  process.exit(0);
});
