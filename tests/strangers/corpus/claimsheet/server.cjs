"use strict";

/*
 * Claimsheet: one's insurance policies, claims with their correspondence and attachments, and an overview. Express, all in
 * memory. People sign up and log in; the token travels as Authorization: Bearer.
 */

const crypto = require("node:crypto");
const { setTimeout: pause } = require("node:timers/promises");
const express = require("express");

const PLANTED = ["message-post", "policy-expand", "overview-inflight", "attachment-dedup"];
const setting = process.env.LEAKS ?? "all";
const on = new Set(setting === "all" ? PLANTED : setting.split(",").map((s) => s.trim()));
const leaks = (name) => on.has(name);

const people = new Map(); // email -> person
const tokens = new Map(); // token -> person's id
const policies = new Map();
const claims = new Map();
const messages = new Map();
const attachments = new Map();
const blobs = new Map(); // key -> content, each content once
const STATES = ["draft", "sent", "accepted", "refused", "paid"];
const BRANCHES = ["home", "car", "health", "travel", "liability"];

const hash = (password, salt) => crypto.scryptSync(password, salt, 24, { N: 1024 });

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/* The fields of a body, of their types (a list: one of its values); what is not known is left out. */
function take(req, kinds, needed = []) {
  const body = req.body ?? {};
  if (typeof body !== "object" || Array.isArray(body)) throw new Refused(400, "a JSON object is expected");
  const out = {};
  for (const [name, kind] of Object.entries(kinds)) {
    const value = body[name];
    if (value === undefined || value === null) {
      if (needed.includes(name)) throw new Refused(422, `${name} is missing`);
    } else if (Array.isArray(kind)) {
      if (!kind.includes(value)) throw new Refused(422, `${name} must be one of ${kind.join(", ")}`);
      out[name] = value;
    } else {
      if (typeof value !== kind) throw new Refused(422, `${name} must be of type ${kind}`);
      if (kind === "string" && (value.length > 4000 || (needed.includes(name) && !value.trim())))
        throw new Refused(422, `${name} is too long or empty`);
      if (kind === "number" && !(value >= 0 && value <= 1e7)) throw new Refused(422, `${name} must be from 0 to 10000000`);
      out[name] = value;
    }
  }
  return out;
}

const app = express().disable("x-powered-by").disable("etag");
app.use(express.json({ limit: "200kb" }));

const api = express.Router();
app.use("/api", api);

const LOGIN = { email: "string", password: "string" };

api.post("/people", (req, res) => {
  const { email, password } = take(req, LOGIN, ["email", "password"]);
  if (people.has(email)) throw new Refused(409, "this address has an account");
  const salt = crypto.randomBytes(12);
  const person = { id: crypto.randomUUID(), salt, hash: hash(password, salt) };
  people.set(email, person);
  res.status(201).json({ person_id: person.id });
});

api.post("/tokens", (req, res) => {
  const { email, password } = take(req, LOGIN, ["email", "password"]);
  const person = people.get(email);
  if (!person || !crypto.timingSafeEqual(person.hash, hash(password, person.salt)))
    throw new Refused(401, "wrong address or password");
  const token = crypto.randomBytes(24).toString("base64url");
  tokens.set(token, person.id);
  res.json({ token, person_id: person.id });
});

api.use((req, res, next) => {
  const [scheme, token] = (req.get("authorization") ?? "").split(" ");
  req.person = scheme.toLowerCase() === "bearer" ? tokens.get(token) : undefined;
  if (!req.person) throw new Refused(401, "log in first");
  next();
});

const of = (map, person) => [...map.values()].filter((each) => each.person === person);

function own(map, req, id, what) {
  const found = map.get(id);
  if (!found || found.person !== req.person) throw new Refused(404, `${what} not found`);
  return found;
}

function store(map, req, fields) {
  const row = { id: crypto.randomUUID(), person: req.person, ...fields };
  map.set(row.id, row);
  return row;
}

const show = ({ person, blob, ...rest }) => rest;

const POLICY = { insurer: "string", branch: BRANCHES, premium: "number", note: "string" };

api.post("/policies", (req, res) => {
  const fields = take(req, { ...POLICY, number: "string" }, ["insurer"]);
  res.status(201).json(show(store(policies, req, { branch: "home", premium: 0, note: "", number: "", ...fields })));
});

api.get("/policies", (req, res) => {
  const { branch } = req.query;
  res.json({ policies: of(policies, req.person).filter((p) => !branch || p.branch === branch).map(show) });
});

api.get("/policies/:policy_id", (req, res) => res.json(show(own(policies, req, req.params.policy_id, "policy"))));

api.patch("/policies/:policy_id", (req, res) => {
  res.json(show(Object.assign(own(policies, req, req.params.policy_id, "policy"), take(req, POLICY))));
});

api.delete("/policies/:policy_id", (req, res) => {
  const { id } = own(policies, req, req.params.policy_id, "policy");
  policies.delete(id);
  for (const claim of claims.values()) if (claim.policy_id === id) claim.policy_id = null;
  res.sendStatus(204);
});

const CLAIM = { title: "string", amount: "number", story: "string", policy_id: "string" };

function checkPolicy(req, id) {
  if (id === undefined) return;
  if (!leaks("policy-expand")) own(policies, req, id, "policy");
  else if (!policies.has(id)) throw new Refused(404, "policy not found");
}

api.post("/claims", (req, res) => {
  const fields = take(req, CLAIM, ["title"]);
  checkPolicy(req, fields.policy_id);
  res.status(201).json(show(store(claims, req, { amount: 0, story: "", policy_id: null, state: "draft", ...fields })));
});

api.get("/claims", (req, res) => {
  const { state, q } = req.query;
  const wanted = String(q ?? "").toLowerCase();
  const found = of(claims, req.person).filter((c) => `${c.title} ${c.story}`.toLowerCase().includes(wanted));
  res.json({ claims: found.filter((c) => !state || c.state === state).map(show) });
});

api.get("/claims/:claim_id", (req, res) => {
  const claim = own(claims, req, req.params.claim_id, "claim");
  const policy = claim.policy_id ? policies.get(claim.policy_id) : undefined;
  res.json({ ...show(claim), policy: policy ? show(policy) : null });
});

api.patch("/claims/:claim_id", (req, res) => {
  const claim = own(claims, req, req.params.claim_id, "claim");
  const { policy_id, ...fields } = take(req, { ...CLAIM, state: STATES });
  if (policy_id) Object.assign(fields, { policy_id: own(policies, req, policy_id, "policy").id });
  res.json(show(Object.assign(claim, fields)));
});

function dropAttachment(row) {
  attachments.delete(row.id);
  if (![...attachments.values()].some((a) => a.blob === row.blob)) blobs.delete(row.blob);
}

api.delete("/claims/:claim_id", (req, res) => {
  const { id } = own(claims, req, req.params.claim_id, "claim");
  claims.delete(id);
  for (const message of [...messages.values()]) if (message.claim_id === id) messages.delete(message.id);
  for (const attachment of [...attachments.values()]) if (attachment.claim_id === id) dropAttachment(attachment);
  res.sendStatus(204);
});

api.post("/claims/:claim_id/messages", (req, res) => {
  const id = req.params.claim_id;
  const claim = leaks("message-post") ? claims.get(id) : own(claims, req, id, "claim");
  if (!claim) throw new Refused(404, "claim not found");
  const fields = take(req, { text: "string", direction: ["in", "out"] }, ["text"]);
  res.status(201).json(show(store(messages, req, { direction: "out", ...fields, claim_id: claim.id })));
});

api.get("/claims/:claim_id/messages", (req, res) => {
  const claim = own(claims, req, req.params.claim_id, "claim");
  res.json({ messages: [...messages.values()].filter((m) => m.claim_id === claim.id).map(show) });
});

/* A file is kept once, however often it is attached. */
api.post("/claims/:claim_id/attachments", (req, res) => {
  const claim = own(claims, req, req.params.claim_id, "claim");
  const { name, content } = take(req, { name: "string", content: "string" }, ["name", "content"]);
  const digest = crypto.createHash("sha256").update(content).digest("hex");
  const blob = leaks("attachment-dedup") ? digest : `${req.person}/${digest}`;
  const known = blobs.has(blob);
  if (!known) blobs.set(blob, content);
  const row = store(attachments, req, { claim_id: claim.id, name, size: Buffer.byteLength(content), blob });
  res.status(201).json({ ...show(row), deduplicated: known });
});

api.get("/claims/:claim_id/attachments", (req, res) => {
  const claim = own(claims, req, req.params.claim_id, "claim");
  res.json({ attachments: of(attachments, req.person).filter((a) => a.claim_id === claim.id).map(show) });
});

api.get("/attachments/:attachment_id", (req, res) => {
  res.type("text/plain").send(blobs.get(own(attachments, req, req.params.attachment_id, "attachment").blob));
});

api.delete("/attachments/:attachment_id", (req, res) => {
  dropAttachment(own(attachments, req, req.params.attachment_id, "attachment"));
  res.sendStatus(204);
});

/* Requests for what is being made already wait for it, so that an impatient page does not make it twice. */
const inflight = new Map();

function once(key, make) {
  if (!inflight.has(key)) inflight.set(key, make().finally(() => inflight.delete(key)));
  return inflight.get(key);
}

async function overview(person) {
  await pause(40); // the rates of the currencies
  const mine = of(claims, person);
  return {
    open: mine.filter((c) => c.state === "draft" || c.state === "sent").map(({ title, amount }) => ({ title, amount })),
    claimed: mine.reduce((sum, c) => sum + c.amount, 0),
    paid: mine.filter((c) => c.state === "paid").reduce((sum, c) => sum + c.amount, 0),
    premiums: of(policies, person).reduce((sum, p) => sum + p.premium, 0),
  };
}

api.get("/overview", async (req, res) => {
  const key = leaks("overview-inflight") ? req.path : `${req.person} ${req.path}`;
  res.json(await once(key, () => overview(req.person)));
});

const WORD = { type: "string", minLength: 1, maxLength: 200 };
const TEXT = { type: "string", maxLength: 4000 };
const SUM = { type: "number", minimum: 0, maximum: 100000 };
const oneOf = (values) => ({ type: "string", enum: values });
const ACCOUNT = { email: WORD, password: WORD };
const P = { insurer: WORD, branch: oneOf(BRANCHES), premium: SUM, note: TEXT };
const C = { title: WORD, amount: SUM, story: TEXT, policy_id: WORD };
const DESCRIBED = {
  // body, how many of its fields are needed, query
  "POST /api/people": [ACCOUNT, 2],
  "POST /api/tokens": [ACCOUNT, 2],
  "POST /api/policies": [{ ...P, number: WORD }, 1],
  "GET /api/policies": [null, 0, { branch: oneOf(BRANCHES) }],
  "GET /api/policies/{policy_id}": [],
  "PATCH /api/policies/{policy_id}": [P, 0],
  "DELETE /api/policies/{policy_id}": [],
  "POST /api/claims": [C, 1],
  "GET /api/claims": [null, 0, { state: oneOf(STATES), q: WORD }],
  "GET /api/claims/{claim_id}": [],
  "PATCH /api/claims/{claim_id}": [{ ...C, state: oneOf(STATES) }, 0],
  "DELETE /api/claims/{claim_id}": [],
  "POST /api/claims/{claim_id}/messages": [{ text: { ...TEXT, minLength: 1 }, direction: oneOf(["in", "out"]) }, 1],
  "GET /api/claims/{claim_id}/messages": [],
  "POST /api/claims/{claim_id}/attachments": [{ name: WORD, content: { ...TEXT, minLength: 1 } }, 2],
  "GET /api/claims/{claim_id}/attachments": [],
  "GET /api/attachments/{attachment_id}": [],
  "DELETE /api/attachments/{attachment_id}": [],
  "GET /api/overview": [],
};

app.get("/openapi.json", (req, res) => {
  const paths = {};
  for (const [operation, [body, needed, query]] of Object.entries(DESCRIBED)) {
    const [method, path] = operation.split(" ");
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: "path", required: true, schema: WORD }));
    for (const [name, schema] of Object.entries(query ?? {})) parameters.push({ name, in: "query", schema });
    const entry = { parameters, responses: { 200: { description: "done" } } };
    if (body) {
      const schema = { type: "object", properties: body, required: Object.keys(body).slice(0, needed) };
      entry.requestBody = { required: needed > 0, content: { "application/json": { schema } } };
    }
    if (body === ACCOUNT) entry.security = [];
    paths[path] = { ...paths[path], [method.toLowerCase()]: entry };
  }
  const securitySchemes = { token: { type: "http", scheme: "bearer" } };
  const info = { title: "Claimsheet", version: "0.9.1" };
  res.json({ openapi: "3.1.0", info, security: [{ token: [] }], components: { securitySchemes }, paths });
});

app.use((req, res) => res.status(404).json({ error: "not found" }));
app.use((error, req, res, next) => {
  res.status(error.status ?? 500).json({ error: error.status ? error.message : "internal error" });
});

app.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
