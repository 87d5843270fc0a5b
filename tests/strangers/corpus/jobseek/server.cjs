"use strict";

/*
 * Jobseek: keeps track of applications for jobs, contacts and reminders, for use by an assistant over
 * MCP. Official TypeScript SDK, one server for each request, bearer tokens at the HTTP layer.
 */

const { createServer } = require("node:http");
const { randomBytes } = require("node:crypto");
const { McpServer } = require("@modelcontextprotocol/sdk/server/mcp.js");
const {
  StreamableHTTPServerTransport,
} = require("@modelcontextprotocol/sdk/server/streamableHttp.js");
const { z } = require("zod");

const LEAK_IDS = ["contact-search", "contact-merge", "reminder-order"];
const LEAKS =
  process.env.LEAKS === undefined || process.env.LEAKS === "all"
    ? LEAK_IDS
    : process.env.LEAKS.split(",");

const SEEKERS = {
  "jh-tok-amara-4471": "amara",
  "jh-tok-bjorn-8012": "bjorn",
  "jh-tok-chidi-2290": "chidi",
  "jh-tok-delia-6653": "delia",
};
const STATES = ["saved", "applied", "interview", "offer", "declined"];

/** All rows of the product, each with the seeker that it belongs to. */
const db = { applications: [], contacts: [], reminders: [] };

const key = (kind) => `${kind}-${randomBytes(5).toString("hex")}`;
const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "a day like 2025-03-31");
const Name = z.string().trim().min(1).max(120);

class Refusal extends Error {}

const answer = (value) => ({
  content: [{ type: "text", text: typeof value === "string" ? value : JSON.stringify(value) }],
});

/** A tool's function that gives refusals back as errors of the tool. */
function guarded(work) {
  return async (args) => {
    try {
      return answer(work(args));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ...answer(error.message), isError: true };
    }
  };
}

const withoutSeeker = ({ seeker, ...row }) => row;

function serverFor(seeker) {
  const server = new McpServer({ name: "jobseek", version: "1.3.0" });
  const mine = (table) => db[table].filter((row) => row.seeker === seeker);
  const one = (table, id, what) => {
    const row = mine(table).find((candidate) => candidate.id === id);
    if (!row) throw new Refusal(`There is no ${what} ${id}.`);
    return row;
  };
  const tool = (name, description, inputSchema, work) =>
    server.registerTool(name, { description, inputSchema }, guarded(work));

  tool(
    "add_application",
    "Save a job that you apply for.",
    { company: Name, role: Name, closes: Day, remarks: z.string().max(2000).optional() },
    ({ company, role, closes, remarks = "" }) => {
      const row = { id: key("app"), seeker, company, role, closes, remarks, state: "saved" };
      db.applications.push(row);
      return withoutSeeker(row);
    },
  );
  tool(
    "list_applications",
    "List your applications, the next closing day first.",
    { state: z.enum(STATES).optional() },
    ({ state }) =>
      mine("applications")
        .filter((row) => !state || row.state === state)
        .sort((a, b) => a.closes.localeCompare(b.closes))
        .map(({ id, company, role, closes, state: current }) => ({
          id, company, role, closes, state: current,
        })),
  );
  tool(
    "read_application",
    "Read an application with its reminders.",
    { application_id: z.string() },
    ({ application_id: id }) => {
      const row = one("applications", id, "application");
      const reminders = mine("reminders").filter((reminder) => reminder.application === id);
      return { ...withoutSeeker(row), reminders: reminders.map(withoutSeeker) };
    },
  );
  tool(
    "move_application",
    "Set how far an application has come.",
    { application_id: z.string(), state: z.enum(STATES) },
    ({ application_id: id, state }) => {
      const row = one("applications", id, "application");
      if (row.state === "declined" && state !== "saved") {
        throw new Refusal("A declined application can only be saved anew.");
      }
      row.state = state;
      return withoutSeeker(row);
    },
  );
  tool(
    "drop_application",
    "Delete an application and its reminders.",
    { application_id: z.string() },
    ({ application_id: id }) => {
      const row = one("applications", id, "application");
      db.applications = db.applications.filter((other) => other !== row);
      db.reminders = db.reminders.filter((reminder) => reminder.application !== id);
      return `Deleted ${id}.`;
    },
  );

  tool(
    "add_contact",
    "Save a recruiter or another person that you know at a company.",
    { name: Name, company: Name, email: z.email().optional(), about: z.string().max(1000).optional() },
    ({ name, company, email = null, about = "" }) => {
      const row = { id: key("con"), seeker, name, company, email, about };
      db.contacts.push(row);
      return withoutSeeker(row);
    },
  );
  tool(
    "find_contacts",
    "Find your contacts by a part of their name or company.",
    { query: z.string().trim().min(2).max(60) },
    ({ query }) => {
      const like = (text) => text.toLowerCase().includes(query.toLowerCase());
      const found = LEAKS.includes("contact-search")
        ? db.contacts.filter((c) => (c.seeker === seeker && like(c.name)) || like(c.company))
        : mine("contacts").filter((c) => like(c.name) || like(c.company));
      return found.length ? found.map(withoutSeeker) : "No contacts found.";
    },
  );
  tool(
    "update_contact",
    "Change what you know of a contact.",
    { contact_id: z.string(), email: z.email().optional(), about: z.string().max(1000).optional() },
    ({ contact_id: id, email, about }) => {
      const row = one("contacts", id, "contact");
      if (email !== undefined) row.email = email;
      if (about !== undefined) row.about = about;
      return withoutSeeker(row);
    },
  );
  tool(
    "merge_contacts",
    "Merge two contacts that are the same person: the second is deleted.",
    { keep_id: z.string(), drop_id: z.string() },
    ({ keep_id: keepId, drop_id: dropId }) => {
      if (keepId === dropId) throw new Refusal("These are the same contact.");
      const keep = one("contacts", keepId, "contact");
      const drop = LEAKS.includes("contact-merge")
        ? db.contacts.find((row) => row.id === dropId)
        : one("contacts", dropId, "contact");
      if (!drop) throw new Refusal(`There is no contact ${dropId}.`);
      keep.email ??= drop.email;
      db.contacts = db.contacts.filter((row) => row !== drop);
      return withoutSeeker(keep);
    },
  );
  tool(
    "delete_contact",
    "Delete a contact.",
    { contact_id: z.string() },
    ({ contact_id: id }) => {
      const row = one("contacts", id, "contact");
      db.contacts = db.contacts.filter((other) => other !== row);
      return `Deleted ${id}.`;
    },
  );

  tool(
    "set_reminder",
    "Be reminded of an application on a day before it closes.",
    { application_id: z.string(), on: Day, text: z.string().trim().min(1).max(300) },
    ({ application_id: id, on, text }) => {
      const early = LEAKS.includes("reminder-order");
      const seen = early ? db.applications.find((row) => row.id === id) : null;
      const row = seen ?? one("applications", id, "application");
      if (on > row.closes) throw new Refusal("The reminder must be before the application closes.");
      one("applications", id, "application");
      const reminder = { id: key("rem"), seeker, application: id, on, text };
      db.reminders.push(reminder);
      return withoutSeeker(reminder);
    },
  );
  tool(
    "due_reminders",
    "List your reminders up to a day.",
    { by: Day },
    ({ by }) =>
      mine("reminders")
        .filter((reminder) => reminder.on <= by)
        .map(withoutSeeker),
  );
  tool(
    "delete_reminder",
    "Delete a reminder.",
    { reminder_id: z.string() },
    ({ reminder_id: id }) => {
      const row = one("reminders", id, "reminder");
      db.reminders = db.reminders.filter((other) => other !== row);
      return `Deleted ${id}.`;
    },
  );
  tool("digest", "Your hunt at a glance, as markdown.", {}, () => {
    const rows = mine("applications");
    const parts = STATES.map((state) => {
      const of = rows.filter((row) => row.state === state);
      return of.length ? [`## ${state}`, ...of.map((r) => `- ${r.role} at ${r.company}`)] : [];
    });
    return ["# Your applications", ...parts.flat(), `${rows.length} in all.`].join("\n");
  });
  return server;
}

async function handle(request, response) {
  const send = (status, body) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (new URL(request.url, "http://localhost").pathname !== "/mcp") {
    return send(404, { error: "not found" });
  }
  const [, token] = (request.headers.authorization ?? "").match(/^Bearer (\S+)$/i) ?? [];
  if (!token || !Object.hasOwn(SEEKERS, token)) {
    response.setHeader("WWW-Authenticate", "Bearer");
    return send(401, { error: "a known bearer token is needed" });
  }
  if (request.method !== "POST") {
    response.setHeader("Allow", "POST");
    return send(405, { error: "method not allowed" });
  }
  const server = serverFor(SEEKERS[token]);
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: undefined,
    enableJsonResponse: true,
  });
  response.on("close", () => {
    transport.close();
    server.close();
  });
  await server.connect(transport);
  return transport.handleRequest(request, response);
}

const http = createServer((request, response) => {
  handle(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
});
http.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => {
  http.closeAllConnections();
  http.close();
});
