"use strict";
// Search by meaning over private notes: notes become word vectors and are ranked by similarity. Hono on Node.
const { randomBytes, scryptSync, timingSafeEqual } = require("node:crypto");
const { Hono } = require("hono");
const { serve } = require("@hono/node-server");

const PLANTED = ["shared-weights", "complete-words", "see-also"];
const wanted = process.env.LEAKS ?? "all";
const leaks = new Set(wanted === "all" ? PLANTED : wanted.split(",").filter(Boolean));

const accounts = new Map(); // by account name
const tokens = new Map(); // token to account name
let notes = [];

const str = { type: "string" };
const takes = (properties, required) => ({
  requestBody: { required: true, content: { "application/json": { schema: { type: "object", properties, required } } } },
});
const at = (name, where, required = true) => ({ name, in: where, required, schema: str });
const ok = { responses: { 200: { description: "Done" } } };
const credentials = takes({ username: str, password: str }, ["username", "password"]);
const spec = {
  openapi: "3.1.0",
  info: { title: "Noteseek", version: "0.3.0" },
  components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
  paths: {
    "/signup": { post: { ...credentials, ...ok } },
    "/token": { post: { ...credentials, ...ok } },
    "/notes": {
      get: { parameters: [at("tag", "query", false)], security: [{ token: [] }], ...ok },
      post: { ...takes({ body: str, tags: { type: "array", items: str }, see_also: str }, ["body"]), security: [{ token: [] }], ...ok },
    },
    "/notes/{slug}": {
      parameters: [at("slug", "path")],
      get: { security: [{ token: [] }], ...ok },
      put: { ...takes({ body: str }, ["body"]), security: [{ token: [] }], ...ok },
      delete: { security: [{ token: [] }], ...ok },
    },
    "/similar": { get: { summary: "Notes nearest to a text", parameters: [at("to", "query")], security: [{ token: [] }], ...ok } },
    "/complete": { get: { summary: "Words of your notes that begin so", parameters: [at("prefix", "query")], security: [{ token: [] }], ...ok } },
  },
};

const app = new Hono();
app.get("/openapi.json", (c) => c.json(spec));

const hashed = (password, salt) => scryptSync(password, salt, 32, { N: 1024 });
const read = async (c) => {
  const body = await c.req.json().catch(() => null);
  return body && typeof body === "object" ? body : {};
};

app.post("/signup", async (c) => {
  const { username, password } = await read(c);
  if (typeof username !== "string" || !/^[\w.@-]{3,60}$/.test(username)) return c.json({ error: "bad_username" }, 400);
  if (typeof password !== "string" || password.length < 6) return c.json({ error: "password_too_short" }, 400);
  if (accounts.has(username)) return c.json({ error: "username_taken" }, 409);
  const salt = randomBytes(8);
  accounts.set(username, { salt, hash: hashed(password, salt) });
  return c.json({ username }, 201);
});

app.post("/token", async (c) => {
  const { username, password } = await read(c);
  const account = accounts.get(username);
  const fits = account && typeof password === "string" && timingSafeEqual(account.hash, hashed(password, account.salt));
  if (!fits) return c.json({ error: "wrong_credentials" }, 401);
  const token = randomBytes(18).toString("base64url");
  tokens.set(token, username);
  return c.json({ token });
});

app.use("*", async (c, next) => {
  const name = tokens.get((c.req.header("authorization") ?? "").replace(/^Bearer /, ""));
  if (!name) return c.json({ error: "unauthorized" }, 401);
  c.set("me", name);
  await next();
});

const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const ofMine = (c) => notes.filter((note) => note.author === c.get("me"));
const one = (c, slug) => ofMine(c).find((note) => note.slug === slug);
const unknown = (c) => c.json({ error: "note_not_found" }, 404);
const view = (note) => ({ slug: note.slug, body: note.body, tags: note.tags, see_also: note.seeAlso });
const goodBody = (body) => typeof body === "string" && body.trim().length > 0 && body.length <= 5000;

app.get("/notes", (c) => {
  const tag = c.req.query("tag");
  return c.json(ofMine(c).filter((note) => !tag || note.tags.includes(tag)).map(view));
});

app.post("/notes", async (c) => {
  const { body, tags = [], see_also: seeAlso = null } = await read(c);
  if (!goodBody(body)) return c.json({ error: "bad_body" }, 400);
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string")) return c.json({ error: "bad_tags" }, 400);
  if (seeAlso !== null) {
    const target = leaks.has("see-also") ? notes.find((note) => note.slug === seeAlso) : one(c, seeAlso);
    if (!target) return c.json({ error: "see_also_not_found" }, 400);
  }
  const note = { slug: `n-${randomBytes(6).toString("hex")}`, author: c.get("me"), body, tags, seeAlso };
  notes.push(note);
  return c.json(view(note), 201);
});

app.get("/notes/:slug", (c) => {
  const note = one(c, c.req.param("slug"));
  return note ? c.json(view(note)) : unknown(c);
});

app.put("/notes/:slug", async (c) => {
  const note = one(c, c.req.param("slug"));
  if (!note) return unknown(c);
  const { body } = await read(c);
  if (!goodBody(body)) return c.json({ error: "bad_body" }, 400);
  note.body = body;
  return c.json(view(note));
});

app.delete("/notes/:slug", (c) => {
  const note = one(c, c.req.param("slug"));
  if (!note) return unknown(c);
  notes = notes.filter((other) => other !== note);
  return c.body(null, 204);
});

function vector(text, rarity) {
  const weights = new Map();
  for (const word of words(text)) weights.set(word, (weights.get(word) ?? 0) + rarity(word));
  const length = Math.sqrt([...weights.values()].reduce((sum, weight) => sum + weight * weight, 0)) || 1;
  return new Map([...weights].map(([word, weight]) => [word, weight / length]));
}

app.get("/similar", (c) => {
  const to = c.req.query("to") ?? "";
  if (!goodBody(to)) return c.json({ error: "bad_text" }, 400);
  const corpus = leaks.has("shared-weights") ? notes : ofMine(c);
  const bags = corpus.map((note) => new Set(words(note.body)));
  const rarity = (word) => Math.log(1 + (1 + bags.length) / (1 + bags.filter((bag) => bag.has(word)).length));
  const query = vector(to, rarity);
  const hits = ofMine(c).map((note) => {
    const score = [...vector(note.body, rarity)].reduce((sum, [word, weight]) => sum + weight * (query.get(word) ?? 0), 0);
    return { slug: note.slug, body: note.body, score: Number(score.toFixed(6)) };
  });
  return c.json({ hits: hits.filter((hit) => hit.score > 0).sort((a, b) => b.score - a.score).slice(0, 10) });
});

app.get("/complete", (c) => {
  const prefix = (c.req.query("prefix") ?? "").toLowerCase();
  if (prefix.length < 2) return c.json({ error: "prefix_too_short" }, 400);
  const source = leaks.has("complete-words") ? notes : ofMine(c);
  const found = new Set(source.flatMap((note) => words(note.body)).filter((word) => word.startsWith(prefix)));
  return c.json({ words: [...found].sort().slice(0, 20) });
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.argv[2]) });
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
