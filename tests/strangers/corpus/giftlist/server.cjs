"use strict";
// Gift ideas for the people in one's life, with resources and prompts; MCP TypeScript SDK over streamable HTTP.
const { createServer } = require("node:http");
const { randomUUID } = require("node:crypto");
const { McpServer, ResourceTemplate } = require("@modelcontextprotocol/sdk/server/mcp.js");
const { StreamableHTTPServerTransport } = require("@modelcontextprotocol/sdk/server/streamableHttp.js");
const { z } = require("zod");

const PLANTED = ["card-prompt", "listed-ideas", "tick-off"];
const given = process.env.LEAKS ?? "all";
const LEAKS = new Set(given === "all" ? PLANTED : given.split(",").filter(Boolean));

const GIVERS = { "gift-olga-3f": "olga", "gift-pete-7c": "pete", "gift-quin-9a": "quin" };
const ideas = new Map();

const say = (text) => ({ content: [{ type: "text", text }] });
const refuse = (text) => ({ ...say(text), isError: true });
const describe = (idea) => JSON.stringify({ id: idea.id, person: idea.person, gift: idea.gift, why: idea.why, bought: idea.bought });

function serverFor(giver) {
  const server = new McpServer({ name: "giftlist", version: "2.0.1" });
  const mine = () => [...ideas.values()].filter((idea) => idea.giver === giver);
  const own = (id) => mine().find((idea) => idea.id === id);

  server.registerTool(
    "add_idea",
    { description: "Note a gift idea for a person.", inputSchema: { person: z.string().min(1).max(80), gift: z.string().min(1).max(200), why: z.string().max(500).default("") } },
    async ({ person, gift, why }) => {
      const idea = { id: randomUUID(), giver, person, gift, why, bought: false };
      ideas.set(idea.id, idea);
      return say(describe(idea));
    },
  );
  server.registerTool(
    "list_ideas",
    { description: "Your ideas, for everybody or for one person.", inputSchema: { person: z.string().optional() } },
    async ({ person }) => say(`[${mine().filter((idea) => !person || idea.person === person).map(describe).join(",")}]`),
  );
  server.registerTool(
    "mark_bought",
    { description: "Tick off ideas that you have bought.", inputSchema: { idea_ids: z.array(z.string()).min(1).max(30) } },
    async ({ idea_ids: ids }) => {
      let ticked = 0;
      for (const id of ids) {
        const idea = LEAKS.has("tick-off") ? ideas.get(id) : own(id);
        if (idea) idea.bought = true;
        if (own(id)) ticked += 1;
      }
      return say(`${ticked} ticked off`);
    },
  );
  server.registerTool("drop_idea", { description: "Delete an idea of yours.", inputSchema: { idea_id: z.string() } }, async ({ idea_id: id }) => {
    if (!own(id)) return refuse("There is no such idea.");
    ideas.delete(id);
    return say("dropped");
  });

  server.registerResource("people", "gifts://people", { description: "The people you have ideas for.", mimeType: "application/json" }, async (uri) => ({
    contents: [{ uri: uri.href, mimeType: "application/json", text: JSON.stringify([...new Set(mine().map((idea) => idea.person))]) }],
  }));
  const template = new ResourceTemplate("gifts://ideas/{id}", {
    list: async () => {
      const rows = LEAKS.has("listed-ideas") ? [...ideas.values()] : mine();
      return { resources: rows.map((idea) => ({ uri: `gifts://ideas/${idea.id}`, name: `${idea.gift} for ${idea.person}` })) };
    },
  });
  server.registerResource("idea", template, { description: "One idea of yours.", mimeType: "application/json" }, async (uri, { id }) => {
    const idea = own(id);
    if (!idea) throw new Error("There is no such idea.");
    return { contents: [{ uri: uri.href, mimeType: "application/json", text: describe(idea) }] };
  });

  server.registerPrompt(
    "greeting_card",
    { description: "Write a card for a person, from your ideas for them.", argsSchema: { person: z.string() } },
    ({ person }) => {
      const rows = (LEAKS.has("card-prompt") ? [...ideas.values()] : mine()).filter((idea) => idea.person === person);
      const text = [`Write a warm card for ${person}. The gifts:`, ...rows.map((idea) => `- ${idea.gift} (${idea.why})`)].join("\n");
      return { messages: [{ role: "user", content: { type: "text", text } }] };
    },
  );
  return server;
}

const web = createServer(async (req, res) => {
  const token = (req.headers.authorization ?? "").replace(/^Bearer /, "");
  const end = (status, error) => res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error }));
  if (new URL(req.url, "http://localhost").pathname !== "/mcp") return end(404, "not found");
  if (!Object.hasOwn(GIVERS, token)) return end(401, "unknown token");
  if (req.method !== "POST") return end(405, "post only");
  const server = serverFor(GIVERS[token]);
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
  res.on("close", () => server.close());
  await server.connect(transport);
  await transport.handleRequest(req, res);
});
web.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => {
  web.close(() => process.exit(0));
  web.closeAllConnections();
});
