"use strict";

/*
 * Upwatch: monitors of web sites. Probes of the owner report results; failures open incidents, which go to channels
 * unless a silence covers them. Hono, everything in memory; the token travels as Authorization: Bearer.
 */

const crypto = require("node:crypto");
const { setTimeout: pause } = require("node:timers/promises");
const { Hono } = require("hono");
const { serve } = require("@hono/node-server");

const IDS = ["silence-pattern", "url-pool", "channel-attach", "overview-buffer"];
const setting = process.env.LEAKS ?? "all";
const LEAKS = new Set(setting === "all" ? IDS : setting.split(",").map((each) => each.trim()));

const users = new Map(); // e-mail -> user
const tokens = new Map(); // token -> user's id
const monitors = new Map();
const incidents = new Map();
const channels = new Map();
const silences = [];
const results = new Map(); // key of the results -> results, oldest first
const buffer = []; // lines of the overview that is being made

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const ident = (prefix) => `${prefix}_${crypto.randomBytes(9).toString("hex")}`;
const digest = (password, salt) => crypto.scryptSync(password, salt, 24, { N: 1024 });
const mine = (map, user) => [...map.values()].filter((each) => each.user === user);
const show = ({ user, outbox, channels: attached, ...rest }) => rest;

function own(map, user, id, what) {
  const found = map.get(id);
  if (!found || found.user !== user) throw new Refused(404, `no such ${what}`);
  return found;
}

/* The fields of the body; a ! at the end of a kind means that it is needed. */
async function fields(c, kinds) {
  const sent = await c.req.json().catch(() => null);
  if (!sent || typeof sent !== "object" || Array.isArray(sent)) throw new Refused(400, "send a JSON object");
  const out = {};
  for (const [name, kind] of Object.entries(kinds)) {
    const needed = kind.endsWith("!");
    const value = sent[name];
    if (value === undefined || value === null) {
      if (needed) throw new Refused(422, `${name} is missing`);
      continue;
    }
    if (typeof value !== kind.replace("!", "")) throw new Refused(422, `${name} is of the wrong type`);
    if (typeof value === "string" && (value.length > 2000 || (needed && !value.trim())))
      throw new Refused(422, `${name} is empty or too long`);
    if (typeof value === "number" && !(value >= 0 && value <= 100000)) throw new Refused(422, `${name} is out of range`);
    out[name] = value;
  }
  return out;
}

const checkUrl = (url) => {
  if (url !== undefined && !/^https?:\/\/\S+$/.test(url)) throw new Refused(422, "url begins with http:// or https://");
};

const app = new Hono();

app.post("/auth/register", async (c) => {
  const { email, password } = await fields(c, { email: "string!", password: "string!" });
  if (users.has(email)) throw new Refused(409, "there is an account of this address");
  const salt = crypto.randomBytes(12);
  const user = { id: ident("usr"), salt, digest: digest(password, salt) };
  users.set(email, user);
  return c.json({ user_id: user.id }, 201);
});

app.post("/auth/login", async (c) => {
  const { email, password } = await fields(c, { email: "string!", password: "string!" });
  const user = users.get(email);
  if (!user || !crypto.timingSafeEqual(user.digest, digest(password, user.salt)))
    throw new Refused(401, "wrong address or password");
  const token = crypto.randomBytes(24).toString("base64url");
  tokens.set(token, user.id);
  return c.json({ token, user_id: user.id });
});

const api = new Hono();

api.use(async (c, next) => {
  const [scheme, token] = (c.req.header("authorization") ?? "").split(" ");
  const user = scheme.toLowerCase() === "bearer" ? tokens.get(token) : undefined;
  if (!user) throw new Refused(401, "log in");
  c.set("user", user);
  await next();
});

api.post("/monitors", async (c) => {
  const sent = await fields(c, { name: "string!", url: "string!", notes: "string" });
  checkUrl(sent.url);
  const monitor = { id: ident("mon"), user: c.get("user"), notes: "", ...sent, state: "unknown", channels: new Set() };
  monitors.set(monitor.id, monitor);
  return c.json(show(monitor), 201);
});

api.get("/monitors", (c) => {
  const offset = Math.max(Number(c.req.query("offset")) || 0, 0);
  const limit = Math.min(Math.max(Number(c.req.query("limit")) || 20, 1), 100);
  const found = mine(monitors, c.get("user"));
  return c.json({ items: found.slice(offset, offset + limit).map(show), total: found.length });
});

api.get("/monitors/:monitor_id", (c) => {
  const monitor = own(monitors, c.get("user"), c.req.param("monitor_id"), "monitor");
  return c.json({ ...show(monitor), channels: [...monitor.channels] });
});

api.patch("/monitors/:monitor_id", async (c) => {
  const monitor = own(monitors, c.get("user"), c.req.param("monitor_id"), "monitor");
  Object.assign(monitor, await fields(c, { name: "string", notes: "string" }));
  return c.json(show(monitor));
});

const resultsOf = (monitor) => {
  const key = LEAKS.has("url-pool") ? monitor.url : monitor.id;
  if (!results.has(key)) results.set(key, []);
  return results.get(key);
};

const covers = (pattern, name) => {
  const parts = pattern.split("*").map((p) => p.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i").test(name);
};

const silenced = (monitor) =>
  silences.some(
    (s) =>
      s.until > Date.now() &&
      (s.user === monitor.user || LEAKS.has("silence-pattern")) &&
      covers(s.pattern, monitor.name),
  );

function tell(monitor, text) {
  for (const id of monitor.channels) channels.get(id)?.outbox.push({ at: new Date().toISOString(), text });
}

/* What a probe has seen. The first failure opens an incident, the next success resolves it. */
api.post("/monitors/:monitor_id/results", async (c) => {
  const user = c.get("user");
  const monitor = own(monitors, user, c.req.param("monitor_id"), "monitor");
  const sent = await fields(c, { ok: "boolean!", ms: "number", message: "string" });
  const result = { id: ident("res"), ms: 0, message: "", ...sent };
  resultsOf(monitor).push(result);
  monitor.state = sent.ok ? "up" : "down";
  let current = mine(incidents, user).find((i) => i.monitor_id === monitor.id && i.state !== "resolved");
  const quiet = silenced(monitor);
  if (!sent.ok && !current && !quiet) {
    current = { id: ident("inc"), user, monitor_id: monitor.id, state: "open", cause: result.message, note: "" };
    incidents.set(current.id, current);
    tell(monitor, `${monitor.name} is down: ${result.message}`);
  } else if (sent.ok && current) {
    current.state = "resolved";
    tell(monitor, `${monitor.name} is up again`);
  }
  return c.json({ ...result, state: monitor.state, incident_id: current?.id ?? null, silenced: quiet }, 201);
});

api.get("/monitors/:monitor_id/results", (c) => {
  const monitor = own(monitors, c.get("user"), c.req.param("monitor_id"), "monitor");
  return c.json({ items: resultsOf(monitor).slice(-50).reverse() });
});

api.post("/monitors/:monitor_id/channels", async (c) => {
  const user = c.get("user");
  const monitor = own(monitors, user, c.req.param("monitor_id"), "monitor");
  const { channel_id } = await fields(c, { channel_id: "string!" });
  const channel = LEAKS.has("channel-attach") ? channels.get(channel_id) : own(channels, user, channel_id, "channel");
  if (!channel) throw new Refused(404, "no such channel");
  monitor.channels.add(channel_id);
  return c.json({ monitor_id: monitor.id, channels: [...monitor.channels] });
});

api.get("/incidents", (c) => {
  const state = c.req.query("state");
  return c.json({ items: mine(incidents, c.get("user")).filter((i) => !state || i.state === state).map(show) });
});

api.post("/incidents/:incident_id/acknowledge", async (c) => {
  const incident = own(incidents, c.get("user"), c.req.param("incident_id"), "incident");
  const { note } = await fields(c, { note: "string" });
  if (incident.state !== "open") throw new Refused(409, `the incident is ${incident.state}`);
  Object.assign(incident, { state: "acknowledged", note: note ?? "" });
  return c.json(show(incident));
});

api.post("/channels", async (c) => {
  const sent = await fields(c, { label: "string!", address: "string!" });
  const channel = { id: ident("chn"), user: c.get("user"), ...sent, outbox: [] };
  channels.set(channel.id, channel);
  return c.json(show(channel), 201);
});

api.get("/channels", (c) => c.json({ items: mine(channels, c.get("user")).map(show) }));

api.get("/channels/:channel_id/outbox", (c) => {
  const channel = own(channels, c.get("user"), c.req.param("channel_id"), "channel");
  return c.json({ items: channel.outbox.slice(-50) });
});

/* Failures of monitors whose name fits the pattern (with *) open no incident for so many minutes. */
api.post("/silences", async (c) => {
  const sent = await fields(c, { pattern: "string!", minutes: "number!", reason: "string" });
  if (sent.pattern.length > 60 || sent.pattern.split("*").length > 4) throw new Refused(422, "too long a pattern");
  const silence = { id: ident("sil"), user: c.get("user"), reason: "", ...sent };
  silences.push({ ...silence, until: Date.now() + sent.minutes * 60_000 });
  return c.json(show(silence), 201);
});

api.get("/silences", (c) => {
  const found = silences.filter((s) => s.user === c.get("user") && s.until > Date.now());
  return c.json({ items: found.map(({ until, ...rest }) => show(rest)) });
});

/* The page for the wall: monitors, then incidents; each part takes a moment to lay out. */
api.get("/overview", async (c) => {
  const user = c.get("user");
  const lines = LEAKS.has("overview-buffer") ? buffer : [];
  lines.length = 0;
  await pause(20);
  lines.push("# monitors", ...mine(monitors, user).map((m) => `${m.name} (${m.url}): ${m.state}. ${m.notes}`));
  await pause(20);
  lines.push("# incidents", ...mine(incidents, user).map((i) => `${i.state}: ${i.cause} ${i.note}`));
  return c.text(lines.join("\n"));
});

const WORD = { type: "string", minLength: 1, maxLength: 200 };
const TEXT = { type: "string", maxLength: 2000 };
const COUNT = { type: "integer", minimum: 0, maximum: 1000 };
const URI = { type: "string", format: "uri", example: "https://shop.example/" };
const STATE = { type: "string", enum: ["open", "acknowledged", "resolved"] };
const DESCRIBED = {
  // body, how many of its fields are needed, query
  "POST /auth/register": [{ email: WORD, password: WORD }, 2],
  "POST /auth/login": [{ email: WORD, password: WORD }, 2],
  "POST /api/monitors": [{ name: WORD, url: URI, notes: TEXT }, 2],
  "GET /api/monitors": [null, 0, { offset: COUNT, limit: COUNT }],
  "GET /api/monitors/{monitor_id}": [],
  "PATCH /api/monitors/{monitor_id}": [{ name: WORD, notes: TEXT }, 0],
  "POST /api/monitors/{monitor_id}/results": [{ ok: { type: "boolean" }, ms: COUNT, message: TEXT }, 1],
  "GET /api/monitors/{monitor_id}/results": [],
  "POST /api/monitors/{monitor_id}/channels": [{ channel_id: WORD }, 1],
  "GET /api/incidents": [null, 0, { state: STATE }],
  "POST /api/incidents/{incident_id}/acknowledge": [{ note: TEXT }, 0],
  "POST /api/channels": [{ label: WORD, address: WORD }, 2],
  "GET /api/channels": [],
  "GET /api/channels/{channel_id}/outbox": [],
  "POST /api/silences": [{ pattern: WORD, minutes: COUNT, reason: TEXT }, 2],
  "GET /api/silences": [],
  "GET /api/overview": [],
};

app.get("/openapi.json", (c) => {
  const paths = {};
  for (const [operation, [body, needed, query]] of Object.entries(DESCRIBED)) {
    const [method, path] = operation.split(" ");
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: "path", required: true, schema: WORD }));
    for (const [name, schema] of Object.entries(query ?? {})) parameters.push({ name, in: "query", schema });
    const entry = { parameters, responses: { 200: { description: "done" } } };
    if (body) {
      const schema = { type: "object", properties: body, required: Object.keys(body).slice(0, needed) };
      entry.requestBody = { required: true, content: { "application/json": { schema } } };
    }
    if (path.startsWith("/auth/")) entry.security = [];
    paths[path] = { ...paths[path], [method.toLowerCase()]: entry };
  }
  return c.json({
    openapi: "3.1.0",
    info: { title: "Upwatch", version: "4.1.0" },
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    paths,
  });
});

app.route("/api", api);
app.notFound((c) => c.json({ error: "not found" }, 404));
app.onError((error, c) => c.json({ error: error.status ? error.message : "internal error" }, error.status ?? 500));

serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: "127.0.0.1" });
process.on("SIGTERM", () => process.exit(0));
