/*
 * Stargaze: an observing log for amateur astronomers. Plain node:http with a small hand-written
 * router, HTTP basic authentication, sketches as text files in a temporary folder.
 */

import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile, readdir, unlink, writeFile, mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const EVERY_LEAK = "sketch-name,log-etag,instrument-renamed,observation-forbidden";
const given = process.env.LEAKS ?? "all";
const LEAKS = new Set((given === "all" ? EVERY_LEAK : given).split(","));

const ACCOUNTS = { halley: "comet1758", leavitt: "cepheid08", messier: "nebula110", rubin: "halo70" };
const CATALOGUE = [
  { object: "M13", kind: "globular cluster", constellation: "Hercules", magnitude: 5.8 },
  { object: "M31", kind: "galaxy", constellation: "Andromeda", magnitude: 3.4 },
  { object: "M42", kind: "nebula", constellation: "Orion", magnitude: 4 },
  { object: "M45", kind: "open cluster", constellation: "Taurus", magnitude: 1.6 },
  { object: "M57", kind: "planetary nebula", constellation: "Lyra", magnitude: 8.8 },
];
const SKETCH = /^[a-z0-9][a-z0-9_-]{0,59}\.txt$/;

const folder = mkdtempSync(join(tmpdir(), "stargaze-"));
let log = [];
let instruments = [];
let revision = 0;

class Answer {
  constructor(status, body, headers = {}) {
    Object.assign(this, { status, body, headers });
  }
}

const fail = (status, title) =>
  new Answer(status, { title, status }, { "Content-Type": "application/problem+json" });

const routes = [];
function route(method, pattern, handler) {
  const source = pattern.replaceAll(".", "\\.").replace(/:(\w+)/g, "(?<$1>[^/]+)");
  routes.push({ method, pattern: new RegExp(`^${source}$`), handler });
}

function validObservation(data) {
  const { object, night, seeing, remarks = "", instrument = null } = data;
  if (!CATALOGUE.some((entry) => entry.object === object)) throw fail(422, "unknown object");
  if (typeof night !== "string" || !/^\d{4}-\d\d-\d\d$/.test(night)) throw fail(422, "bad night");
  if (![1, 2, 3, 4, 5].includes(seeing)) throw fail(422, "seeing is a number from 1 to 5");
  if (typeof remarks !== "string" || remarks.length > 3000) throw fail(422, "bad remarks");
  if (instrument !== null && (typeof instrument !== "string" || instrument.length > 60)) {
    throw fail(422, "bad instrument");
  }
  return { object, night, seeing, remarks, instrument };
}

function validInstrument(data) {
  const { name, aperture_mm: aperture } = data;
  if (typeof name !== "string" || !name.trim() || name.length > 60) throw fail(422, "bad name");
  if (!Number.isInteger(aperture) || aperture < 1 || aperture > 5000) throw fail(422, "bad aperture");
  return { name, aperture_mm: aperture };
}

const bare = ({ observer, ...rest }) => rest;
const mine = (rows, observer) => rows.filter((row) => row.observer === observer);

function observation(observer, id) {
  const found = mine(log, observer).find((entry) => entry.id === id);
  if (!found) throw fail(404, "no such observation");
  return found;
}

function instrument(observer, id) {
  const found = mine(instruments, observer).find((entry) => entry.id === id);
  if (!found) throw fail(404, "no such instrument");
  return found;
}

route("GET", "/catalogue", ({ query }) => {
  const in_ = query.get("constellation");
  return new Answer(200, CATALOGUE.filter((e) => !in_ || e.constellation === in_));
});

route("GET", "/observations", ({ observer, query, request }) => {
  const object = query.get("object");
  const rows = mine(log, observer).filter((entry) => !object || entry.object === object).map(bare);
  const stamp = LEAKS.has("log-etag") ? `rev ${revision}` : JSON.stringify(rows);
  const etag = `"${createHash("sha1").update(stamp).digest("hex").slice(0, 16)}"`;
  if (request.headers["if-none-match"] === etag) return new Answer(304, null, { ETag: etag });
  return new Answer(200, { observations: rows }, { ETag: etag, "Cache-Control": "private" });
});

route("POST", "/observations", ({ observer, data }) => {
  const entry = { id: randomUUID(), observer, ...validObservation(data) };
  log.push(entry);
  revision += 1;
  return new Answer(201, bare(entry), { Location: `/observations/${entry.id}` });
});

route("GET", "/observations/:id", ({ observer, id }) => new Answer(200, bare(observation(observer, id))));

route("PUT", "/observations/:id", ({ observer, id, data }) => {
  const there = log.find((entry) => entry.id === id);
  if (there && there.observer !== observer && LEAKS.has("observation-forbidden")) {
    return fail(403, "not your observation");
  }
  const entry = observation(observer, id);
  Object.assign(entry, validObservation(data));
  revision += 1;
  return new Answer(200, bare(entry));
});

route("DELETE", "/observations/:id", ({ observer, id }) => {
  const entry = observation(observer, id);
  log = log.filter((other) => other !== entry);
  revision += 1;
  return new Answer(204);
});

const cell = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

route("GET", "/observations.csv", ({ observer }) => {
  const rows = mine(log, observer).map((e) =>
    [e.night, e.object, e.seeing, e.instrument ?? "", e.remarks].map((v) => cell(String(v))).join(","),
  );
  const text = ["night,object,seeing,instrument,remarks", ...rows, ""].join("\n");
  return new Answer(200, text, { "Content-Type": "text/csv; charset=utf-8" });
});

route("GET", "/nights/:night", ({ observer, night }) => {
  const seen = mine(log, observer).filter((entry) => entry.night === night);
  const seeing = seen.length ? seen.reduce((sum, e) => sum + e.seeing, 0) / seen.length : null;
  return new Answer(200, { night, seeing, objects: [...new Set(seen.map((e) => e.object))].sort() });
});

route("GET", "/instruments", ({ observer }) =>
  new Answer(200, { instruments: mine(instruments, observer).map(bare) }),
);

route("POST", "/instruments", ({ observer, data }) => {
  const fields = validInstrument(data);
  if (mine(instruments, observer).some((entry) => entry.name === fields.name)) {
    throw fail(409, "you have an instrument of this name");
  }
  const entry = { id: randomUUID(), observer, ...fields };
  instruments.push(entry);
  return new Answer(201, bare(entry));
});

/** Observations name their instrument, so a new name is carried over to them. */
route("PUT", "/instruments/:id", ({ observer, id, data }) => {
  const entry = instrument(observer, id);
  const fields = validInstrument(data);
  const twin = mine(instruments, observer).find((other) => other.name === fields.name);
  if (twin && twin !== entry) throw fail(409, "you have an instrument of this name");
  const touched = LEAKS.has("instrument-renamed") ? log : mine(log, observer);
  for (const seen of touched) if (seen.instrument === entry.name) seen.instrument = fields.name;
  Object.assign(entry, fields);
  revision += 1;
  return new Answer(200, bare(entry));
});

route("DELETE", "/instruments/:id", ({ observer, id }) => {
  const entry = instrument(observer, id);
  instruments = instruments.filter((other) => other !== entry);
  return new Answer(204);
});

async function sketchesOf(observer) {
  await mkdir(join(folder, observer), { recursive: true });
  return (await readdir(join(folder, observer))).sort();
}

function sketchName(name) {
  if (!SKETCH.test(name)) throw fail(422, "a sketch is called like m31-core.txt");
  return name;
}

route("GET", "/sketches", async ({ observer }) =>
  new Answer(200, { sketches: await sketchesOf(observer) }),
);

route("PUT", "/sketches/:name", async ({ observer, name, text }) => {
  sketchName(name);
  if (!text.trim() || text.length > 20_000) throw fail(422, "a sketch is text of some length");
  const replaced = (await sketchesOf(observer)).includes(name);
  await writeFile(join(folder, observer, name), text);
  return new Answer(replaced ? 200 : 201, { name, length: text.length });
});

route("GET", "/sketches/:name", async ({ observer, name }) => {
  sketchName(name);
  const shelves = [observer];
  if (LEAKS.has("sketch-name")) shelves.push(...Object.keys(ACCOUNTS));
  for (const shelf of shelves) {
    if ((await sketchesOf(shelf)).includes(name)) {
      const text = await readFile(join(folder, shelf, name), "utf8");
      return new Answer(200, text, { "Content-Type": "text/plain; charset=utf-8" });
    }
  }
  throw fail(404, "no such sketch");
});

route("DELETE", "/sketches/:name", async ({ observer, name }) => {
  sketchName(name);
  if (!(await sketchesOf(observer)).includes(name)) throw fail(404, "no such sketch");
  await unlink(join(folder, observer, name));
  return new Answer(204);
});

function observerOf(request) {
  const [scheme, code] = (request.headers.authorization ?? "").split(" ");
  if (scheme !== "Basic" || !code) return null;
  const [name, ...rest] = Buffer.from(code, "base64").toString().split(":");
  return Object.hasOwn(ACCOUNTS, name) && ACCOUNTS[name] === rest.join(":") ? name : null;
}

async function answer(request) {
  const url = new URL(request.url, "http://stargaze");
  if (request.method === "GET" && url.pathname === "/openapi.json") {
    const text = await readFile(new URL("./openapi.json", import.meta.url), "utf8");
    return new Answer(200, text, { "Content-Type": "application/json" });
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const observer = observerOf(request);
  if (!observer) {
    const refusal = fail(401, "name and password, please");
    refusal.headers["WWW-Authenticate"] = 'Basic realm="stargaze"';
    return refusal;
  }
  const path = url.pathname;
  const fitting = routes.filter(({ pattern }) => pattern.test(path));
  const chosen = fitting.find(({ method }) => method === request.method);
  if (!chosen) return fail(fitting.length ? 405 : 404, fitting.length ? "no such method" : "no page");
  const parts = { ...chosen.pattern.exec(path).groups };
  for (const part of Object.keys(parts)) parts[part] = decodeURIComponent(parts[part]);
  let data = {};
  if (/json/.test(request.headers["content-type"] ?? "")) {
    data = text ? JSON.parse(text) : {};
    if (typeof data !== "object" || data === null) throw fail(400, "send an object");
  }
  return chosen.handler({ observer, query: url.searchParams, request, text, data, ...parts });
}

const server = createServer(async (request, response) => {
  const reply = await answer(request).catch((error) => {
    if (error instanceof Answer) return error;
    if (error instanceof SyntaxError || error instanceof URIError) return fail(400, "malformed");
    console.error(error);
    return fail(500, "broken");
  });
  const { status, body, headers } = reply;
  const plain = typeof body === "string" || body == null;
  response.writeHead(status, { ...(plain ? {} : { "Content-Type": "application/json" }), ...headers });
  response.end(plain ? (body ?? undefined) : JSON.stringify(body));
});

server.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
