"use strict";

/*
 * Roastline: green coffee, roasts with their curves, and webhooks for small roasters. Express, everything in memory.
 * Roasters sign up and log in; the token travels as Authorization: Bearer.
 */

const crypto = require("node:crypto");
const { setTimeout: pause } = require("node:timers/promises");
const express = require("express");

const PLANTED = ["curve-open", "hook-fanout", "stock-by-sku", "report-context"];
const setting = process.env.LEAKS ?? "all";
const on = new Set(setting === "all" ? PLANTED : setting.split(",").map((s) => s.trim()));
const leaks = (name) => on.has(name);

const roasters = new Map(); // email -> roaster
const tokens = new Map(); // token -> roaster's id
const lots = new Map();
const roasts = new Map();
const hooks = new Map();
const context = { roaster: null }; // who is served, for the log and the reports

const hash = (password, salt) => crypto.scryptSync(password, salt, 24, { N: 1024 });

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/* The fields of a body, of their types; what is not known is left out. */
function take(req, kinds, needed = []) {
  const body = req.body ?? {};
  if (typeof body !== "object" || Array.isArray(body)) throw new Refused(400, "a JSON object is expected");
  const out = {};
  for (const [name, kind] of Object.entries(kinds)) {
    const value = body[name];
    if (value === undefined || value === null) {
      if (needed.includes(name)) throw new Refused(422, `${name} is missing`);
      continue;
    }
    if (kind === "array" ? !Array.isArray(value) : typeof value !== kind)
      throw new Refused(422, `${name} must be of type ${kind}`);
    if (kind === "string" && (value.length > 4000 || (needed.includes(name) && !value.trim())))
      throw new Refused(422, `${name} is too long or empty`);
    if (kind === "number" && !(value >= 0 && value <= 100000)) throw new Refused(422, `${name} must be from 0 to 100000`);
    out[name] = value;
  }
  return out;
}

const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.use(express.json({ limit: "200kb" }));

const api = express.Router();
app.use("/api", api);

const ACCOUNT_KINDS = { email: "string", password: "string" };

api.post("/signup", (req, res) => {
  const { email, password } = take(req, ACCOUNT_KINDS, ["email", "password"]);
  if (roasters.has(email)) throw new Refused(409, "there is a roaster of this address");
  const salt = crypto.randomBytes(12);
  const roaster = { id: crypto.randomUUID(), salt, hash: hash(password, salt) };
  roasters.set(email, roaster);
  res.status(201).json({ roaster_id: roaster.id });
});

api.post("/login", (req, res) => {
  const { email, password } = take(req, ACCOUNT_KINDS, ["email", "password"]);
  const roaster = roasters.get(email);
  if (!roaster || !crypto.timingSafeEqual(roaster.hash, hash(password, roaster.salt)))
    throw new Refused(401, "wrong address or password");
  const token = crypto.randomBytes(24).toString("base64url");
  tokens.set(token, roaster.id);
  res.json({ access_token: token, roaster_id: roaster.id });
});

api.use((req, res, next) => {
  const [scheme, token] = (req.get("authorization") ?? "").split(" ");
  req.roaster = scheme.toLowerCase() === "bearer" ? tokens.get(token) : undefined;
  if (!req.roaster) throw new Refused(401, "log in first");
  context.roaster = req.roaster;
  next();
});

const of = (map, roaster) => [...map.values()].filter((each) => each.roaster === roaster);

function own(map, req, id, what) {
  const found = map.get(id);
  if (!found || found.roaster !== req.roaster) throw new Refused(404, `${what} not found`);
  return found;
}

function store(map, req, fields) {
  const row = { id: crypto.randomUUID(), roaster: req.roaster, ...fields };
  map.set(row.id, row);
  return row;
}

const show = ({ roaster, curve, deliveries, secret, ...rest }) => rest;

/* Tells the webhooks that are interested; they are sent by a worker, and kept as deliveries. */
function announce(roaster, event, data) {
  for (const hook of hooks.values())
    if (hook.event === event && (hook.roaster === roaster || leaks("hook-fanout")))
      hook.deliveries.push({ id: crypto.randomUUID(), event, data });
}

const LOT = { origin: "string", kg: "number", notes: "string" };

api.post("/lots", (req, res) => {
  const fields = take(req, { sku: "string", ...LOT }, ["sku", "kg"]);
  if (of(lots, req.roaster).some((l) => l.sku === fields.sku)) throw new Refused(409, "you have a lot of this sku");
  res.status(201).json(show(store(lots, req, { origin: "", notes: "", ...fields })));
});

api.get("/lots", (req, res) => {
  const { q, offset, limit } = req.query;
  const wanted = String(q ?? "").toLowerCase();
  const found = of(lots, req.roaster).filter((l) => `${l.sku} ${l.origin} ${l.notes}`.toLowerCase().includes(wanted));
  const start = Math.max(Number(offset ?? 0) || 0, 0);
  const size = Math.min(Math.max(Number(limit ?? 20) || 20, 1), 100);
  res.json({ total: found.length, lots: found.slice(start, start + size).map(show) });
});

api.get("/lots/:lot_id", (req, res) => res.json(show(own(lots, req, req.params.lot_id, "lot"))));

api.patch("/lots/:lot_id", (req, res) => {
  res.json(show(Object.assign(own(lots, req, req.params.lot_id, "lot"), take(req, LOT))));
});

api.delete("/lots/:lot_id", (req, res) => {
  lots.delete(own(lots, req, req.params.lot_id, "lot").id);
  res.sendStatus(204);
});

/* A roast takes its green coffee out of the lot of the sku. */
api.post("/roasts", (req, res) => {
  const fields = take(req, { sku: "string", kg: "number", profile: "string", notes: "string" }, ["sku", "kg"]);
  const lot = of(lots, req.roaster).find((l) => l.sku === fields.sku);
  if (!lot) throw new Refused(404, "lot not found");
  if (lot.kg < fields.kg) throw new Refused(409, "there is not enough of it");
  for (const each of leaks("stock-by-sku") ? lots.values() : [lot])
    if (each.sku === lot.sku) each.kg = Math.max(0, each.kg - fields.kg);
  const roast = store(roasts, req, { profile: "", notes: "", ...fields, curve: { points: [], comment: "" } });
  announce(req.roaster, "roast.created", { sku: roast.sku, kg: roast.kg, profile: roast.profile, notes: roast.notes });
  if (lot.kg < 5) announce(req.roaster, "lot.low", { sku: lot.sku, kg: lot.kg, origin: lot.origin });
  res.status(201).json(show(roast));
});

api.get("/roasts", (req, res) => {
  const { sku } = req.query;
  res.json({ roasts: of(roasts, req.roaster).filter((r) => !sku || r.sku === sku).map(show) });
});

api.get("/roasts/:roast_id", (req, res) => res.json(show(own(roasts, req, req.params.roast_id, "roast"))));

api.delete("/roasts/:roast_id", (req, res) => {
  roasts.delete(own(roasts, req, req.params.roast_id, "roast").id);
  res.sendStatus(204);
});

/* The temperatures of a roast, one a minute, as the probe wrote them. */
api.put("/roasts/:roast_id/curve", (req, res) => {
  const roast = own(roasts, req, req.params.roast_id, "roast");
  const { points, comment } = take(req, { points: "array", comment: "string" }, ["points"]);
  if (points.length > 60 || points.some((p) => typeof p !== "number")) throw new Refused(422, "points must be numbers");
  roast.curve = { points, comment: comment ?? "" };
  res.json(roast.curve);
});

api.get("/roasts/:roast_id/curve", (req, res) => {
  const id = req.params.roast_id;
  const roast = leaks("curve-open") ? roasts.get(id) : own(roasts, req, id, "roast");
  if (!roast) throw new Refused(404, "roast not found");
  res.json(roast.curve);
});

api.post("/webhooks", (req, res) => {
  const fields = take(req, { url: "string", event: "string", label: "string" }, ["url", "event"]);
  if (!/^https?:\/\/\S+$/.test(fields.url)) throw new Refused(422, "url must begin with http:// or https://");
  if (!EVENTS.includes(fields.event)) throw new Refused(422, `event must be one of ${EVENTS.join(", ")}`);
  const hook = store(hooks, req, { label: "", ...fields, deliveries: [], secret: crypto.randomBytes(16).toString("hex") });
  res.status(201).json({ ...show(hook), secret: hook.secret });
});

api.get("/webhooks", (req, res) => res.json({ webhooks: of(hooks, req.roaster).map(show) }));

api.get("/webhooks/:webhook_id/deliveries", (req, res) => {
  res.json({ deliveries: own(hooks, req, req.params.webhook_id, "webhook").deliveries.slice(-50) });
});

api.delete("/webhooks/:webhook_id", (req, res) => {
  hooks.delete(own(hooks, req, req.params.webhook_id, "webhook").id);
  res.sendStatus(204);
});

api.get("/stats", (req, res) => {
  const mine = of(roasts, req.roaster);
  res.json({
    green_kg: of(lots, req.roaster).reduce((sum, l) => sum + l.kg, 0),
    roasts: mine.length,
    roasted_kg: mine.reduce((sum, r) => sum + r.kg, 0),
  });
});

/* The report for the organic inspection: parts are made one after the other, as that takes a while. */
const PARTS = {
  lots: (roaster) => of(lots, roaster).map((l) => `${l.sku}\t${l.origin}\t${l.kg} kg\t${l.notes}`),
  roasts: (roaster) => of(roasts, roaster).map((r) => `${r.sku}\t${r.profile}\t${r.kg} kg\t${r.notes}`),
};

api.get("/report", async (req, res) => {
  const lines = [];
  for (const [name, part] of Object.entries(PARTS)) {
    await pause(25); // the layout of the part
    lines.push(`== ${name}`, ...part(leaks("report-context") ? context.roaster : req.roaster));
  }
  res.type("text/plain").send(lines.join("\n"));
});

const EVENTS = ["roast.created", "lot.low"];
const WORD = { type: "string", minLength: 1, maxLength: 200 };
const TEXT = { type: "string", maxLength: 4000 };
const KG = { type: "number", minimum: 0, maximum: 100000 };
const COUNT = { type: "integer", minimum: 0, maximum: 1000 };
const ACCOUNT = { email: WORD, password: WORD };
const HOOK = { url: { type: "string", format: "uri" }, event: { type: "string", enum: EVENTS }, label: WORD };
const DESCRIBED = {
  // body, how many of its fields are needed, query
  "POST /api/signup": [ACCOUNT, 2],
  "POST /api/login": [ACCOUNT, 2],
  "POST /api/lots": [{ sku: WORD, kg: KG, origin: WORD, notes: TEXT }, 2],
  "GET /api/lots": [null, 0, { q: WORD, offset: COUNT, limit: COUNT }],
  "GET /api/lots/{lot_id}": [],
  "PATCH /api/lots/{lot_id}": [{ kg: KG, origin: WORD, notes: TEXT }, 0],
  "DELETE /api/lots/{lot_id}": [],
  "POST /api/roasts": [{ sku: WORD, kg: KG, profile: WORD, notes: TEXT }, 2],
  "GET /api/roasts": [null, 0, { sku: WORD }],
  "GET /api/roasts/{roast_id}": [],
  "DELETE /api/roasts/{roast_id}": [],
  "PUT /api/roasts/{roast_id}/curve": [{ points: { type: "array", items: KG, maxItems: 60 }, comment: TEXT }, 1],
  "GET /api/roasts/{roast_id}/curve": [],
  "POST /api/webhooks": [HOOK, 2],
  "GET /api/webhooks": [],
  "GET /api/webhooks/{webhook_id}/deliveries": [],
  "DELETE /api/webhooks/{webhook_id}": [],
  "GET /api/stats": [],
  "GET /api/report": [],
};

app.get("/openapi.json", (req, res) => {
  const paths = {};
  for (const [operation, [body, needed, query]] of Object.entries(DESCRIBED)) {
    const [method, path] = operation.split(" ");
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name, in: "path", required: true, schema: WORD,
    }));
    for (const [name, schema] of Object.entries(query ?? {})) parameters.push({ name, in: "query", schema });
    const entry = { parameters, responses: { 200: { description: "done" } } };
    if (body) {
      const schema = { type: "object", properties: body, required: Object.keys(body).slice(0, needed) };
      entry.requestBody = { required: needed > 0, content: { "application/json": { schema } } };
    }
    if (body === ACCOUNT) entry.security = [];
    paths[path] = { ...paths[path], [method.toLowerCase()]: entry };
  }
  res.json({
    openapi: "3.1.0",
    info: { title: "Roastline", version: "0.12.0" },
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
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
