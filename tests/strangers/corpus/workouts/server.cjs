"use strict";

/*
 * Workouts: a training diary. Hono on Node, bearer tokens, numbered pages; sessions and sets carry
 * random numbers. Each athlete has a public profile.
 */

const { randomInt } = require("node:crypto");
const { setTimeout: pause } = require("node:timers/promises");
const { serve } = require("@hono/node-server");
const { Hono } = require("hono");
const { bearerAuth } = require("hono/bearer-auth");

const { LEAKS: choice } = process.env;
const LEAKS = {};
for (const leak of ["summary-race", "set-owner-told", "record-standing", "athlete-filter"]) {
  LEAKS[leak] = choice === undefined || choice === "all" || choice.split(",").includes(leak);
}

const TOKEN = /^gym-([a-z]{3,20})$/;
const EXERCISES = {
  squat: "legs",
  deadlift: "back",
  "bench press": "chest",
  "overhead press": "shoulders",
  row: "back",
  lunge: "legs",
};

const sessions = new Map();
const templates = new Map();
const profiles = new Map();

class Stop extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

function fresh(map) {
  let id;
  do id = randomInt(1_000_000, 10_000_000);
  while (map.has(id));
  return id;
}

async function bodyOf(c) {
  try {
    const body = await c.req.json();
    if (body && typeof body === "object" && !Array.isArray(body)) return body;
  } catch {
    throw new Stop(400, "the body is not JSON");
  }
  throw new Stop(400, "the body is not an object");
}

const check = (good, reason) => {
  if (!good) throw new Stop(422, reason);
};
const words = (value, most) => typeof value === "string" && value.length <= most;

function readSession(body) {
  const { day, title, feeling = 3, remarks = "" } = body;
  check(/^\d{4}-\d{2}-\d{2}$/.test(day) && Date.parse(day), "day: a date, please");
  check(words(title, 80) && title.trim(), "title: up to 80 characters");
  check(Number.isInteger(feeling) && feeling >= 1 && feeling <= 5, "feeling: 1 to 5");
  check(words(remarks, 2000), "remarks: up to 2000 characters");
  return { day, title, feeling, remarks };
}

function readSet(body) {
  const { exercise, reps, kilos } = body;
  check(Object.hasOwn(EXERCISES, exercise), "exercise: one of the catalogue");
  check(Number.isInteger(reps) && reps >= 1 && reps <= 200, "reps: 1 to 200");
  check(typeof kilos === "number" && kilos >= 0 && kilos <= 600, "kilos: 0 to 600");
  return { exercise, reps, kilos };
}

function sessionOf(c) {
  const session = sessions.get(Number(c.req.param("id")));
  if (!session || session.athlete !== c.get("athlete")) throw new Stop(404, "unknown session");
  return session;
}

function sessionsOf(athlete) {
  return [...sessions.values()].filter((session) => session.athlete === athlete);
}

function setsOf(athletes) {
  return [...sessions.values()].filter((s) => athletes(s.athlete)).flatMap((s) => s.sets);
}

const line = ({ id, day, title, feeling, remarks, sets }) => ({
  id, day, title, feeling, remarks, volume: sets.reduce((sum, s) => sum + s.reps * s.kilos, 0),
});

const v1 = new Hono();

v1.use(bearerAuth({ verifyToken: (token) => TOKEN.test(token) }));
v1.use(async (c, next) => {
  c.set("athlete", TOKEN.exec(c.req.header("Authorization").split(" ").at(-1))[1]);
  await next();
});

v1.get("/exercises", (c) =>
  c.json(Object.entries(EXERCISES).map(([exercise, muscles]) => ({ exercise, muscles }))),
);

v1.get("/sessions", (c) => {
  const page = Math.max(1, Number.parseInt(c.req.query("page") ?? "1", 10) || 1);
  const per = Math.min(50, Math.max(1, Number.parseInt(c.req.query("per") ?? "10", 10) || 10));
  const me = c.get("athlete");
  const wanted = c.req.query("athlete") ?? me;
  const visible = wanted === me || LEAKS["athlete-filter"];
  const rows = visible ? sessionsOf(wanted) : [];
  rows.sort((a, b) => b.day.localeCompare(a.day));
  return c.json({
    page,
    pages: Math.max(1, Math.ceil(rows.length / per)),
    sessions: rows.slice((page - 1) * per, page * per).map(line),
  });
});

v1.post("/sessions", async (c) => {
  const fields = readSession(await bodyOf(c));
  const session = { id: fresh(sessions), athlete: c.get("athlete"), ...fields, sets: [] };
  sessions.set(session.id, session);
  return c.json(line(session), 201);
});

v1.get("/sessions/:id", (c) => {
  const session = sessionOf(c);
  return c.json({ ...line(session), sets: session.sets });
});

v1.put("/sessions/:id", async (c) => {
  const session = sessionOf(c);
  Object.assign(session, readSession(await bodyOf(c)));
  return c.json(line(session));
});

v1.delete("/sessions/:id", (c) => {
  sessions.delete(sessionOf(c).id);
  return c.body(null, 204);
});

v1.post("/sessions/:id/sets", async (c) => {
  const session = sessionOf(c);
  const set = { id: randomInt(1e8, 1e9), ...readSet(await bodyOf(c)) };
  session.sets.push(set);
  return c.json(set, 201);
});

function setOf(c, session) {
  const id = Number(c.req.param("setId"));
  const place = session.sets.findIndex((set) => set.id === id);
  if (place >= 0) return place;
  if (LEAKS["set-owner-told"]) {
    const elsewhere = [...sessions.values()].some((s) => s.sets.some((set) => set.id === id));
    if (elsewhere) throw new Stop(409, "this set belongs to another session");
  }
  throw new Stop(404, "unknown set");
}

v1.put("/sessions/:id/sets/:setId", async (c) => {
  const session = sessionOf(c);
  const fields = readSet(await bodyOf(c));
  const place = session.sets.findIndex((set) => set.id === Number(c.req.param("setId")));
  if (place < 0) throw new Stop(404, "unknown set");
  session.sets[place] = { ...session.sets[place], ...fields };
  return c.json(session.sets[place]);
});

v1.delete("/sessions/:id/sets/:setId", (c) => {
  const session = sessionOf(c);
  session.sets.splice(setOf(c, session), 1);
  return c.body(null, 204);
});

/** The best set of each exercise, and the share of recorded sets that it beats. */
v1.get("/records", (c) => {
  const me = c.get("athlete");
  const mine = setsOf((athlete) => athlete === me);
  const field = LEAKS["record-standing"] ? setsOf(() => true) : mine;
  const records = [...new Set(mine.map((set) => set.exercise))].sort().map((exercise) => {
    const best = mine.filter((s) => s.exercise === exercise).sort((a, b) => b.kilos - a.kilos)[0];
    const others = field.filter((s) => s.exercise === exercise && s.id !== best.id);
    const beaten = others.filter((s) => s.kilos < best.kilos).length;
    const share = others.length ? Math.round((100 * beaten) / others.length) : 100;
    return { exercise, kilos: best.kilos, reps: best.reps, beats_percent: share };
  });
  return c.json({ records });
});

const sheet = { athlete: null, lines: [] };

/** The diary as plain text; the pauses stand for the reading of a slow archive. */
v1.get("/summary", async (c) => {
  const page = LEAKS["summary-race"] ? sheet : { athlete: null, lines: [] };
  page.athlete = c.get("athlete");
  page.lines = [];
  await pause(8);
  page.lines = sessionsOf(page.athlete).map((s) => `${s.day}  ${s.title}  (${s.sets.length} sets)`);
  await pause(4);
  return c.text([`Diary of ${page.athlete}`, ...page.lines, ""].join("\n"));
});

v1.get("/templates", (c) => {
  const mine = [...templates.values()].filter((t) => t.athlete === c.get("athlete"));
  return c.json(mine.map(({ id, title, sets }) => ({ id, title, sets })));
});

v1.post("/templates", async (c) => {
  const { title, sets } = await bodyOf(c);
  check(words(title, 80) && title.trim(), "title: up to 80 characters");
  check(Array.isArray(sets) && sets.length > 0 && sets.length <= 30, "sets: 1 to 30 of them");
  const id = fresh(templates);
  const plan = sets.map((set) => readSet(Object(set)));
  templates.set(id, { id, athlete: c.get("athlete"), title, sets: plan });
  return c.json({ id, title, sets: plan }, 201);
});

function templateOf(c) {
  const template = templates.get(Number(c.req.param("id")));
  if (template?.athlete !== c.get("athlete")) throw new Stop(404, "unknown template");
  return template;
}

v1.post("/templates/:id/start", (c) => {
  const { athlete, title, sets } = templateOf(c);
  const day = new Date().toISOString().slice(0, 10);
  const session = { id: fresh(sessions), athlete, day, title, feeling: 3, remarks: "" };
  session.sets = sets.map((set) => ({ id: randomInt(1e8, 1e9), ...set }));
  sessions.set(session.id, session);
  return c.json({ ...line(session), sets: session.sets }, 201);
});

v1.delete("/templates/:id", (c) => {
  templates.delete(templateOf(c).id);
  return c.body(null, 204);
});

v1.put("/profile", async (c) => {
  const { name, motto = "" } = await bodyOf(c);
  check(words(name, 60) && name.trim(), "name: up to 60 characters");
  check(words(motto, 200), "motto: up to 200 characters");
  profiles.set(c.get("athlete"), { name, motto });
  return c.json({ athlete: c.get("athlete"), name, motto });
});

v1.get("/athletes/:handle", (c) => {
  const athlete = c.req.param("handle");
  check(/^[a-z]{3,20}$/.test(athlete), "handle: 3 to 20 letters");
  return c.json({ athlete, ...(profiles.get(athlete) ?? { name: athlete, motto: "" }) });
});

const app = new Hono();
app.route("/v1", v1);
app.get("/openapi.json", (c) => c.json(describe()));
app.notFound((c) => c.json({ reason: "unknown path" }, 404));
app.onError((error, c) => {
  if (error.getResponse) return error.getResponse();
  const status = error instanceof Stop ? error.status : 500;
  return c.json({ reason: status === 500 ? "broken" : error.message }, status);
});

function describe() {
  const paths = {};
  const add = (method, path, summary, sent, query = []) => {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const at = names.map((name) => {
      const schema = { type: name === "handle" ? "string" : "integer" };
      return { name, in: "path", required: true, schema };
    });
    const operation = { summary, responses: { "2XX": { description: "fine" } } };
    operation.parameters = [...at, ...query.map(([name, type, description]) => ({
      name, in: "query", description, schema: { type },
    }))];
    if (sent) {
      const schema = { type: "object", ...sent };
      operation.requestBody = { required: true, content: { "application/json": { schema } } };
    }
    (paths[`/v1${path}`] ??= {})[method] = operation;
  };
  const str = (maxLength) => ({ type: "string", maxLength });
  const session = {
    required: ["day", "title"],
    properties: {
      day: { type: "string", format: "date" },
      title: str(80),
      feeling: { type: "integer", minimum: 1, maximum: 5 },
      remarks: str(2000),
    },
  };
  const set = {
    required: ["exercise", "reps", "kilos"],
    properties: {
      exercise: { type: "string", enum: Object.keys(EXERCISES) },
      reps: { type: "integer", minimum: 1, maximum: 200 },
      kilos: { type: "number", minimum: 0, maximum: 600 },
    },
  };
  const plan = { type: "array", minItems: 1, maxItems: 30, items: { type: "object", ...set } };
  add("get", "/exercises", "The catalogue of exercises, the same for all");
  add("get", "/sessions", "One's sessions, the newest first", null, [
    ["page", "integer", "from 1"],
    ["per", "integer", "sessions on a page"],
    ["athlete", "string", "one's own handle; any other gives an empty list"],
  ]);
  add("post", "/sessions", "Write down a session", session);
  add("get", "/sessions/{id}", "A session with its sets");
  add("put", "/sessions/{id}", "Rewrite a session", session);
  add("delete", "/sessions/{id}", "Delete a session");
  add("post", "/sessions/{id}/sets", "Add a set", set);
  add("put", "/sessions/{id}/sets/{setId}", "Correct a set", set);
  add("delete", "/sessions/{id}/sets/{setId}", "Delete a set");
  add("get", "/records", "The best set of each exercise, and how many of one's sets it beats");
  add("get", "/summary", "One's diary as plain text");
  add("get", "/templates", "One's templates");
  add("post", "/templates", "Save a template", {
    required: ["title", "sets"], properties: { title: str(80), sets: plan },
  });
  add("post", "/templates/{id}/start", "Start a session from a template");
  add("delete", "/templates/{id}", "Delete a template");
  add("put", "/profile", "Set one's public profile", {
    required: ["name"], properties: { name: str(60), motto: str(200) },
  });
  add("get", "/athletes/{handle}", "The public profile of an athlete");
  return {
    openapi: "3.0.3",
    info: { title: "Workouts", version: "3" },
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
    security: [{ bearer: [] }],
    paths,
  };
}

serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: "127.0.0.1" });
process.on("SIGTERM", () => process.exit(0));
