"use strict";

/*
 * Hookrelay: takes webhooks, keeps their events, and delivers them again. Express, everything in memory.
 * Accounts sign up with an address and log in; the session travels in the cookie hr_session.
 */

const crypto = require("node:crypto");
const express = require("express");

const PLANTED = ["mass-assign", "replay-unchecked", "breaker-by-url", "export-by-name"];
const setting = process.env.LEAKS ?? "all";
const on = new Set(setting === "all" ? PLANTED : setting.split(",").map((s) => s.trim()));
const leaks = (name) => on.has(name);

const accounts = new Map(); // email -> account
const sessions = new Map(); // session -> account id
const endpoints = new Map();
const events = new Map();
const deliveries = [];
const breakers = new Map();
const exported = []; // files, oldest first
const settings = new Map();

const newId = () => crypto.randomUUID();
const slug = (name) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 80);
const hash = (password, salt) => crypto.scryptSync(password, salt, 24, { N: 1024 });

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/* The fields of a body, of their types; what is not known is left out. */
function take(req, kinds, needed = []) {
  const body = req.body;
  if (body === undefined && needed.length === 0) return {};
  if (body === null || typeof body !== "object" || Array.isArray(body))
    throw new Refused(400, "a JSON object is expected");
  const out = {};
  for (const [name, kind] of Object.entries(kinds)) {
    const value = body[name];
    if (value === undefined || value === null) {
      if (needed.includes(name)) throw new Refused(422, `${name} is missing`);
      continue;
    }
    if (typeof value !== kind) throw new Refused(422, `${name} must be a ${kind}`);
    if (kind === "string" && (value.length > 5000 || (value === "" && needed.includes(name))))
      throw new Refused(422, `${name} is too long or empty`);
    out[name] = value;
  }
  if (out.url !== undefined && !/^https?:\/\/\S+$/.test(out.url))
    throw new Refused(422, "url must begin with http:// or https://");
  return out;
}

const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.use(express.json({ limit: "200kb" }));

const api = express.Router();
app.use("/api", api);

api.post("/accounts", (req, res) => {
  const { email, password } = take(req, { email: "string", password: "string" }, ["email", "password"]);
  if (accounts.has(email)) throw new Refused(409, "there is an account of this address");
  const salt = crypto.randomBytes(12);
  const account = { id: newId(), email, salt, hash: hash(password, salt) };
  accounts.set(email, account);
  res.status(201).json({ account_id: account.id });
});

api.post("/login", (req, res) => {
  const { email, password } = take(req, { email: "string", password: "string" }, ["email", "password"]);
  const account = accounts.get(email);
  if (!account || !crypto.timingSafeEqual(account.hash, hash(password, account.salt)))
    throw new Refused(401, "wrong address or password");
  const session = crypto.randomBytes(24).toString("hex");
  sessions.set(session, account.id);
  res.cookie("hr_session", session, { httpOnly: true, sameSite: "lax" });
  res.json({ account_id: account.id });
});

api.use((req, res, next) => {
  const cookie = (req.get("cookie") ?? "").split(/;\s*/).find((c) => c.startsWith("hr_session="));
  req.account = cookie && sessions.get(cookie.slice("hr_session=".length));
  if (!req.account) throw new Refused(401, "log in first");
  next();
});

const mine = (map, req) => [...map.values()].filter((each) => each.account === req.account);

function own(map, req, id, what) {
  const found = map.get(id);
  if (!found || found.account !== req.account) throw new Refused(404, `${what} not found`);
  return found;
}

const breakerKey = (endpoint) => (leaks("breaker-by-url") ? endpoint.url : endpoint.id);

function showEndpoint(endpoint) {
  const { id, name, url, description, account } = endpoint;
  const breaker = breakers.get(breakerKey(endpoint)) ?? { open: false, reason: null };
  return { id, name, url, description, account, breaker };
}

const showEvent = ({ id, endpoint, type, payload, received }) => ({ id, endpoint_id: endpoint, type, payload, received });

function deliver(endpoint, event) {
  const breaker = breakers.get(breakerKey(endpoint));
  deliveries.push({
    id: newId(),
    account: endpoint.account,
    endpoint_id: endpoint.id,
    type: event.type,
    payload: event.payload,
    status: breaker?.open ? "held" : "delivered",
  });
  return deliveries.at(-1);
}

const showDelivery = ({ account, ...rest }) => rest;

api.get("/me", (req, res) => res.json({ account_id: req.account }));

const ENDPOINT = { name: "string", url: "string", description: "string" };

api.post("/endpoints", (req, res) => {
  const fields = take(req, ENDPOINT, ["name", "url"]);
  const endpoint = { id: newId(), account: req.account, description: "", ...fields };
  endpoint.secret = crypto.randomBytes(16).toString("hex");
  endpoints.set(endpoint.id, endpoint);
  res.status(201).json(showEndpoint(endpoint));
});

api.get("/endpoints", (req, res) => res.json({ endpoints: mine(endpoints, req).map(showEndpoint) }));

api.get("/endpoints/:endpoint_id", (req, res) => {
  res.json(showEndpoint(own(endpoints, req, req.params.endpoint_id, "endpoint")));
});

api.patch("/endpoints/:endpoint_id", (req, res) => {
  const endpoint = own(endpoints, req, req.params.endpoint_id, "endpoint");
  const fields = take(req, ENDPOINT);
  if (leaks("mass-assign")) Object.assign(endpoint, req.body, fields, { id: endpoint.id });
  else Object.assign(endpoint, fields);
  res.json(showEndpoint(endpoint));
});

api.delete("/endpoints/:endpoint_id", (req, res) => {
  const { id } = own(endpoints, req, req.params.endpoint_id, "endpoint");
  endpoints.delete(id);
  breakers.delete(id);
  for (const event of events.values())
    if (event.endpoint === id && event.account === req.account) events.delete(event.id);
  res.sendStatus(204);
});

api.get("/endpoints/:endpoint_id/secret", (req, res) => {
  res.json({ secret: own(endpoints, req, req.params.endpoint_id, "endpoint").secret });
});

api.post("/endpoints/:endpoint_id/rotate", (req, res) => {
  const endpoint = own(endpoints, req, req.params.endpoint_id, "endpoint");
  endpoint.secret = crypto.randomBytes(16).toString("hex");
  res.json({ secret: endpoint.secret });
});

/* The circuit breaker: while it is open, deliveries are held. */
api.put("/endpoints/:endpoint_id/breaker", (req, res) => {
  const endpoint = own(endpoints, req, req.params.endpoint_id, "endpoint");
  const { open, reason } = take(req, { open: "boolean", reason: "string" }, ["open"]);
  if (open) breakers.set(breakerKey(endpoint), { open, reason: reason ?? null });
  else breakers.delete(breakerKey(endpoint));
  res.json(showEndpoint(endpoint));
});

api.post("/endpoints/:endpoint_id/events", (req, res) => {
  const endpoint = own(endpoints, req, req.params.endpoint_id, "endpoint");
  const { type, payload } = take(req, { type: "string", payload: "string" }, ["type", "payload"]);
  const event = { id: newId(), account: req.account, endpoint: endpoint.id, type, payload };
  event.received = new Date().toISOString().slice(0, 10);
  events.set(event.id, event);
  deliver(endpoint, event);
  res.status(201).json(showEvent(event));
});

api.get("/endpoints/:endpoint_id/events", (req, res) => {
  const { id } = own(endpoints, req, req.params.endpoint_id, "endpoint");
  const { type, after, limit } = req.query;
  let found = mine(events, req).filter((e) => e.endpoint === id && (type === undefined || e.type === type));
  if (after !== undefined) {
    const place = found.findIndex((e) => e.id === after);
    if (place < 0) throw new Refused(422, "after is no event of this list");
    found = found.slice(place + 1);
  }
  const size = Math.min(Math.max(Number(limit ?? 20) || 20, 1), 100);
  const page = found.slice(0, size);
  res.json({ events: page.map(showEvent), next: found.length > size ? page.at(-1).id : null });
});

api.get("/events/:event_id", (req, res) => {
  res.json(showEvent(own(events, req, req.params.event_id, "event")));
});

api.delete("/events/:event_id", (req, res) => {
  events.delete(own(events, req, req.params.event_id, "event").id);
  res.sendStatus(204);
});

/* Delivers an event once more, to an endpoint of the account's. */
api.post("/events/:event_id/replay", (req, res) => {
  const { endpoint_id } = take(req, { endpoint_id: "string" }, ["endpoint_id"]);
  const endpoint = own(endpoints, req, endpoint_id, "endpoint");
  const event = leaks("replay-unchecked")
    ? events.get(req.params.event_id)
    : own(events, req, req.params.event_id, "event");
  if (!event) throw new Refused(404, "event not found");
  const { id, status } = deliver(endpoint, event);
  res.status(201).json({ delivery_id: id, status });
});

api.get("/deliveries", (req, res) => {
  const { status } = req.query;
  const found = deliveries.filter((d) => d.account === req.account && (!status || d.status === status));
  res.json({ deliveries: found.slice(-50).map(showDelivery) });
});

api.get("/deliveries/search", (req, res) => {
  const q = String(req.query.q ?? "").toLowerCase();
  if (!q) throw new Refused(422, "q is missing");
  const found = deliveries.filter((d) => d.account === req.account && d.payload.toLowerCase().includes(q));
  res.json({ deliveries: found.slice(-50).map(showDelivery) });
});

api.get("/usage", (req, res) => {
  const all = deliveries.filter((d) => d.account === req.account);
  res.json({
    endpoints: mine(endpoints, req).length,
    events: mine(events, req).length,
    delivered: all.filter((d) => d.status === "delivered").length,
    held: all.filter((d) => d.status === "held").length,
  });
});

/* Writes the events of an endpoint into a file, that can be fetched by its name. */
api.post("/exports", (req, res) => {
  const { endpoint_id } = take(req, { endpoint_id: "string" }, ["endpoint_id"]);
  const endpoint = own(endpoints, req, endpoint_id, "endpoint");
  const file = `${slug(endpoint.name)}.jsonl`;
  const lines = mine(events, req)
    .filter((e) => e.endpoint === endpoint.id)
    .map((e) => JSON.stringify({ type: e.type, payload: e.payload }));
  exported.push({ account: req.account, file, text: lines.join("\n") });
  res.status(201).json({ file, events: lines.length });
});

api.get("/exports", (req, res) => {
  const names = exported.filter((x) => x.account === req.account).map((x) => x.file);
  res.json({ files: [...new Set(names)] });
});

api.get("/exports/:file", (req, res) => {
  const found = exported.findLast(
    (x) => x.file === req.params.file && (leaks("export-by-name") || x.account === req.account),
  );
  if (!found) throw new Refused(404, "no such file");
  res.type("application/x-ndjson").send(found.text);
});

api.get("/settings", (req, res) => {
  res.json(settings.get(req.account) ?? { alert_email: "", footer: "" });
});

api.put("/settings", (req, res) => {
  const now = settings.get(req.account) ?? { alert_email: "", footer: "" };
  settings.set(req.account, { ...now, ...take(req, { alert_email: "string", footer: "string" }) });
  res.json(settings.get(req.account));
});

const WORD = { type: "string", minLength: 1, maxLength: 200 };
const TEXT = { type: "string", maxLength: 4000 };
const URL_ = { type: "string", format: "uri", example: "https://shop.example/hooks" };
const FLAG = { type: "boolean" };
const ID = { type: "string", format: "uuid" };
const FIELDS = { name: WORD, url: URL_, description: TEXT };
const ACCOUNT = { email: WORD, password: WORD };
const STATUS = { type: "string", enum: ["delivered", "held"] };
const DESCRIBED = {
  // body, how many of its fields are needed, query
  "POST /api/accounts": [ACCOUNT, 2],
  "POST /api/login": [ACCOUNT, 2],
  "GET /api/me": [],
  "POST /api/endpoints": [FIELDS, 2],
  "GET /api/endpoints": [],
  "GET /api/endpoints/{endpoint_id}": [],
  "PATCH /api/endpoints/{endpoint_id}": [FIELDS, 0],
  "DELETE /api/endpoints/{endpoint_id}": [],
  "GET /api/endpoints/{endpoint_id}/secret": [],
  "POST /api/endpoints/{endpoint_id}/rotate": [],
  "PUT /api/endpoints/{endpoint_id}/breaker": [{ open: FLAG, reason: TEXT }, 1],
  "POST /api/endpoints/{endpoint_id}/events": [{ type: WORD, payload: { ...TEXT, minLength: 1 } }, 2],
  "GET /api/endpoints/{endpoint_id}/events": [
    null, 0, { type: WORD, after: ID, limit: { type: "integer", minimum: 1, maximum: 100 } },
  ],
  "GET /api/events/{event_id}": [],
  "DELETE /api/events/{event_id}": [],
  "POST /api/events/{event_id}/replay": [{ endpoint_id: ID }, 1],
  "GET /api/deliveries": [null, 0, { status: STATUS }],
  "GET /api/deliveries/search": [null, 0, { q: WORD }],
  "GET /api/usage": [],
  "POST /api/exports": [{ endpoint_id: ID }, 1],
  "GET /api/exports": [],
  "GET /api/exports/{file}": [],
  "GET /api/settings": [],
  "PUT /api/settings": [{ alert_email: WORD, footer: TEXT }, 0],
};

app.get("/openapi.json", (req, res) => {
  const paths = {};
  for (const [operation, [body, needed, query]] of Object.entries(DESCRIBED)) {
    const [method, path] = operation.split(" ");
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name, in: "path", required: true, schema: WORD,
    }));
    for (const [name, schema] of Object.entries(query ?? {}))
      parameters.push({ name, in: "query", required: name === "q", schema });
    const entry = { parameters, responses: { 200: { description: "done" } } };
    if (body) {
      const schema = { type: "object", properties: body, required: Object.keys(body).slice(0, needed) };
      entry.requestBody = { required: needed > 0, content: { "application/json": { schema } } };
    }
    if (["/api/accounts", "/api/login"].includes(path)) entry.security = [];
    paths[path] = { ...paths[path], [method.toLowerCase()]: entry };
  }
  res.json({
    openapi: "3.1.0",
    info: { title: "Hookrelay", version: "1.3.0" },
    security: [{ session: [] }],
    components: { securitySchemes: { session: { type: "apiKey", in: "cookie", name: "hr_session" } } },
    paths,
  });
});

app.use((req, res) => res.status(404).json({ error: "not found" }));
app.use((error, req, res, next) => {
  const status = error.status ?? 500;
  res.status(status).json({ error: status === 500 ? "internal error" : error.message });
});

app.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
