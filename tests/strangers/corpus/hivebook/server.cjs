"use strict";

/*
 * Hivebook: a hive book for beekeepers who work on their own. Express, bearer tokens, bare JSON
 * answers, hives known by short codes.
 */

const { randomInt } = require("node:crypto");
const express = require("express");

const wanted = process.env.LEAKS ?? "all";
const LEAKS = new Set(
  wanted === "all"
    ? ["inspection-moved", "queen-mark", "season-mean", "undo-shared"]
    : wanted.split(",").filter(Boolean),
);

const keepers = new Map([
  ["bee-7f31-agnes", "agnes"],
  ["bee-90c2-bruno", "bruno"],
  ["bee-11d8-clara", "clara"],
  ["bee-c04e-dmitri", "dmitri"],
]);

const races = [
  { race: "carnica", temper: "calm", from: "Carniola" },
  { race: "buckfast", temper: "calm", from: "Devon" },
  { race: "mellifera", temper: "nervous", from: "Northern Europe" },
  { race: "ligustica", temper: "calm", from: "Italy" },
];
const MOODS = ["calm", "restless", "defensive"];
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

let hives = [];
let inspections = [];
let harvests = [];
const binned = new Map();

function code(prefix, length) {
  let text = prefix;
  for (let i = 0; i < length; i += 1) text += LETTERS[randomInt(LETTERS.length)];
  return text;
}

class Problem extends Error {
  constructor(status, problem) {
    super(problem);
    this.status = status;
  }
}

const isText = (value, most) =>
  typeof value === "string" && value.trim() !== "" && value.length <= most;
const isDay = (value) =>
  typeof value === "string" && DAY.test(value) && !Number.isNaN(Date.parse(value));

function must(condition, problem) {
  if (!condition) throw new Problem(422, problem);
}

function myHive(req) {
  const hive = hives.find((h) => h.code === req.params.code && h.keeper === req.keeper);
  if (!hive) throw new Problem(404, "no such hive");
  return hive;
}

function myInspection(req) {
  const found = inspections.find((i) => i.ref === req.params.ref && i.keeper === req.keeper);
  if (!found) throw new Problem(404, "no such inspection");
  return found;
}

const asHive = ({ code: hiveCode, name, race, stand, queen }) => ({
  code: hiveCode, name, race, stand, queen,
});
const asInspection = ({ ref, hive, day, mood, varroa, remarks }) => ({
  ref, hive, day, mood, varroa, remarks,
});

const app = express();
app.disable("x-powered-by");
app.use(express.json({ limit: "64kb" }));

app.get("/openapi.json", (req, res) => res.json(contract()));

app.use((req, res, next) => {
  const [scheme, token] = (req.get("authorization") ?? "").split(" ");
  req.keeper = scheme === "Bearer" ? keepers.get(token) : undefined;
  if (!req.keeper) throw new Problem(401, "a bearer token is needed");
  req.body ??= {};
  next();
});

app.get("/races", (req, res) => res.json(races));

app.get("/hives", (req, res) => {
  let mine = hives.filter((h) => h.keeper === req.keeper);
  if (req.query.race) mine = mine.filter((h) => h.race === req.query.race);
  res.json(mine.map(asHive));
});

app.post("/hives", (req, res) => {
  const { name, race, stand = "" } = req.body;
  must(isText(name, 80), "name must be text of at most 80 characters");
  must(races.some((r) => r.race === race), "race is not in the catalogue");
  must(typeof stand === "string" && stand.length <= 200, "stand must be text");
  const hive = { code: code("H-", 6), keeper: req.keeper, name, race, stand, queen: null };
  hives.push(hive);
  res.status(201).location(`/hives/${hive.code}`).json(asHive(hive));
});

app.get("/hives/:code", (req, res) => {
  const hive = myHive(req);
  const seen = inspections.filter((i) => i.hive === hive.code && i.keeper === req.keeper);
  res.json({ ...asHive(hive), inspected: seen.map((i) => i.day).sort().at(-1) ?? null });
});

app.patch("/hives/:code", (req, res) => {
  const hive = myHive(req);
  const { name, stand } = req.body;
  must(name === undefined || isText(name, 80), "name must be text of at most 80 characters");
  must(stand === undefined || typeof stand === "string", "stand must be text");
  if (name !== undefined) hive.name = name;
  if (stand !== undefined) hive.stand = stand;
  res.json(asHive(hive));
});

app.delete("/hives/:code", (req, res) => {
  const hive = myHive(req);
  const kept = {
    hive,
    inspections: inspections.filter((i) => i.hive === hive.code),
    harvests: harvests.filter((h) => h.hive === hive.code),
  };
  hives = hives.filter((h) => h !== hive);
  inspections = inspections.filter((i) => i.hive !== hive.code);
  harvests = harvests.filter((h) => h.hive !== hive.code);
  binned.set(LEAKS.has("undo-shared") ? "last" : req.keeper, kept);
  res.status(204).end();
});

app.post("/undo", (req, res) => {
  const slot = LEAKS.has("undo-shared") ? "last" : req.keeper;
  const kept = binned.get(slot);
  if (!kept) throw new Problem(404, "nothing to bring back");
  binned.delete(slot);
  hives.push(kept.hive);
  inspections.push(...kept.inspections);
  harvests.push(...kept.harvests);
  res.json({ restored: asHive(kept.hive), inspections: kept.inspections.map(asInspection) });
});

app.put("/hives/:code/queen", (req, res) => {
  const hive = myHive(req);
  const { mark, year } = req.body;
  must(isText(mark, 12), "mark must be text of at most 12 characters");
  must(Number.isInteger(year) && year >= 2000 && year <= 2100, "year must be a year");
  const rivals = LEAKS.has("queen-mark") ? hives : hives.filter((h) => h.keeper === req.keeper);
  if (rivals.some((h) => h !== hive && h.queen?.mark === mark)) {
    throw new Problem(409, "another queen carries this mark");
  }
  hive.queen = { mark, year };
  res.json(asHive(hive));
});

app.get("/hives/:code/inspections", (req, res) => {
  const hive = myHive(req);
  const rows = inspections.filter((i) => i.hive === hive.code);
  res.json(rows.sort((a, b) => a.day.localeCompare(b.day)).map(asInspection));
});

function checkInspection({ day, mood, varroa, remarks }) {
  must(day === undefined || isDay(day), "day must be a date");
  must(mood === undefined || MOODS.includes(mood), `mood must be one of ${MOODS.join(", ")}`);
  must(varroa === undefined || (Number.isInteger(varroa) && varroa >= 0), "varroa is a count");
  must(remarks === undefined || isText(remarks, 2000), "remarks must be text");
}

app.post("/hives/:code/inspections", (req, res) => {
  const hive = myHive(req);
  const { day, mood = "calm", varroa = 0, remarks } = req.body;
  must(day !== undefined && remarks !== undefined, "day and remarks are needed");
  checkInspection({ day, mood, varroa, remarks });
  const entry = { ref: code("I-", 8), keeper: req.keeper, hive: hive.code, day, mood, varroa };
  inspections.push({ ...entry, remarks });
  res.status(201).json(asInspection({ ...entry, remarks }));
});

app.patch("/inspections/:ref", (req, res) => {
  const entry = myInspection(req);
  checkInspection(req.body);
  const { hive, ...changes } = req.body;
  if (hive !== undefined) {
    const target = hives.find((h) => h.code === hive);
    const allowed = target && (LEAKS.has("inspection-moved") || target.keeper === req.keeper);
    must(allowed, "hive is not known");
    entry.hive = target.code;
  }
  for (const field of ["day", "mood", "varroa", "remarks"]) {
    if (changes[field] !== undefined) entry[field] = changes[field];
  }
  res.json(asInspection(entry));
});

app.delete("/inspections/:ref", (req, res) => {
  const entry = myInspection(req);
  inspections = inspections.filter((i) => i !== entry);
  res.status(204).end();
});

app.post("/hives/:code/harvests", (req, res) => {
  const hive = myHive(req);
  const { day, kilos, blossom = "mixed" } = req.body;
  must(isDay(day), "day must be a date");
  must(typeof kilos === "number" && kilos > 0 && kilos < 200, "kilos must be from 0 to 200");
  must(isText(blossom, 60), "blossom must be text");
  const entry = { keeper: req.keeper, hive: hive.code, day, kilos, blossom };
  harvests.push(entry);
  res.status(201).json({ hive: hive.code, day, kilos, blossom });
});

app.get("/seasons/:year", (req, res) => {
  must(/^\d{4}$/.test(req.params.year), "year must be a year");
  const season = harvests.filter((h) => h.day.startsWith(req.params.year));
  const mine = season.filter((h) => h.keeper === req.keeper);
  const sum = (rows) => Math.round(rows.reduce((kilos, h) => kilos + h.kilos, 0) * 10) / 10;
  const base = LEAKS.has("season-mean") ? season : mine;
  res.json({
    year: Number(req.params.year),
    kilos: sum(mine),
    takings: mine.map(({ hive, day, kilos, blossom }) => ({ hive, day, kilos, blossom })),
    mean_per_harvest: base.length ? Math.round((sum(base) / base.length) * 100) / 100 : 0,
  });
});

app.use((req, res) => res.status(404).json({ problem: "no such page" }));
// eslint-disable-next-line no-unused-vars
app.use((error, req, res, next) => {
  const status = error.status ?? 500;
  res.status(status).json({ problem: status < 500 ? error.message : "something went wrong" });
});

function contract() {
  const text = { type: "string" };
  const day = { type: "string", format: "date" };
  const sent = (required, properties) => ({
    required: true,
    content: { "application/json": { schema: { type: "object", required, properties } } },
  });
  const ok = (status = "200") => ({ [status]: { description: "done" } });
  const at = (name) => [{ name, in: "path", required: true, schema: text }];
  const inspection = {
    day, mood: { enum: MOODS }, varroa: { type: "integer", minimum: 0 }, remarks: text,
  };
  return {
    openapi: "3.0.3",
    info: { title: "Hivebook", version: "2.1.0" },
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{ token: [] }],
    paths: {
      "/races": { get: { summary: "Races of bees, the same for all", responses: ok() } },
      "/hives": {
        get: {
          summary: "One's hives",
          parameters: [{ name: "race", in: "query", schema: text }],
          responses: ok(),
        },
        post: {
          requestBody: sent(["name", "race"], {
            name: text, race: { enum: races.map((r) => r.race) }, stand: text,
          }),
          responses: ok("201"),
        },
      },
      "/hives/{code}": {
        parameters: at("code"),
        get: { responses: ok() },
        patch: { requestBody: sent([], { name: text, stand: text }), responses: ok() },
        delete: { responses: ok("204") },
      },
      "/hives/{code}/queen": {
        parameters: at("code"),
        put: {
          requestBody: sent(["mark", "year"], {
            mark: { type: "string", maxLength: 12 },
            year: { type: "integer", minimum: 2000, maximum: 2100 },
          }),
          responses: ok(),
        },
      },
      "/hives/{code}/inspections": {
        parameters: at("code"),
        get: { responses: ok() },
        post: { requestBody: sent(["day", "remarks"], inspection), responses: ok("201") },
      },
      "/inspections/{ref}": {
        parameters: at("ref"),
        patch: {
          summary: "Correct an inspection, or move it to another hive",
          requestBody: sent([], { ...inspection, hive: text }),
          responses: ok(),
        },
        delete: { responses: ok("204") },
      },
      "/hives/{code}/harvests": {
        parameters: at("code"),
        post: {
          requestBody: sent(["day", "kilos"], {
            day, kilos: { type: "number", minimum: 0.1, maximum: 199 }, blossom: text,
          }),
          responses: ok("201"),
        },
      },
      "/seasons/{year}": {
        parameters: [{ name: "year", in: "path", required: true, schema: { type: "integer" } }],
        get: { summary: "One's takings of a year", responses: ok() },
      },
      "/undo": { post: { summary: "Bring back the hive removed last", responses: ok() } },
    },
  };
}

const port = Number(process.argv[2] ?? 3000);
const server = app.listen(port, "127.0.0.1");
process.on("SIGTERM", () => server.close(() => process.exit(0)));
process.on("SIGTERM", () => setTimeout(() => process.exit(0), 300));
