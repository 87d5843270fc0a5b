"use strict";

/*
 * Songbook: songs with chords, setlists and a practice log for musicians, over MCP. Official
 * TypeScript SDK on Express: tools, resources and prompts; the SDK's own bearer middleware.
 */

const crypto = require("node:crypto");
const {
  requireBearerAuth,
} = require("@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js");
const { InvalidTokenError } = require("@modelcontextprotocol/sdk/server/auth/errors.js");
const { createMcpExpressApp } = require("@modelcontextprotocol/sdk/server/express.js");
const { McpServer, ResourceTemplate } = require("@modelcontextprotocol/sdk/server/mcp.js");
const {
  StreamableHTTPServerTransport,
} = require("@modelcontextprotocol/sdk/server/streamableHttp.js");
const { McpError } = require("@modelcontextprotocol/sdk/types.js");
const { z } = require("zod");

const planted = ["chords-resource", "brief-prompt", "practice-by-title", "bin-emptied"];
const on = process.env.LEAKS ?? planted.join(",");
const LEAKS = Object.fromEntries(
  planted.map((leak) => [leak, on === "all" || on.split(",").includes(leak)]),
);

const KEYS = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
const SHAPES = { C: "x32010", D: "xx0232", E: "022100", G: "320003", A: "x02220", Am: "x02210" };
const NOT_FOUND = -32002;

const songs = new Map();
const setlists = new Map();
const practice = [];

const slugged = (title) =>
  `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 30)}-${crypto.randomBytes(3).toString("hex")}`;

function songOf(musician, id) {
  const song = songs.get(id);
  return song && song.musician === musician && !song.binned ? song : null;
}

function setlistOf(musician, id) {
  const setlist = setlists.get(id);
  return setlist?.musician === musician ? setlist : null;
}

const songsOf = (musician, binned = false) =>
  [...songs.values()].filter((song) => song.musician === musician && song.binned === binned);

function transposed(chords, steps) {
  return chords.replace(/\b([A-G]#?)(?=m?\b|\d|maj|sus|dim)/g, (root) => {
    const place = KEYS.indexOf(root);
    return place < 0 ? root : KEYS[(((place + steps) % 12) + 12) % 12];
  });
}

const sheet = (song) =>
  [`# ${song.title}`, `Key: ${song.key}`, "", song.chords, "", song.notes].join("\n").trimEnd();

const said = (text) => ({ content: [{ type: "text", text }] });
const refused = (text) => ({ ...said(text), isError: true });

function addSongTools(server) {
  const who = (extra) => extra.authInfo.extra.musician;
  const id = z.string().describe("id of a song");

  server.registerTool(
    "save_song",
    {
      title: "Save a song",
      description: "Save a song with its chords. Gives back its id.",
      inputSchema: {
        title: z.string().min(1).max(100),
        key: z.enum(KEYS),
        chords: z.string().min(1).max(4000),
        notes: z.string().max(2000).default(""),
      },
    },
    ({ title, key, chords, notes }, extra) => {
      const song = { id: slugged(title), musician: who(extra), title, key, chords, notes };
      songs.set(song.id, { ...song, binned: false });
      return said(`Saved as ${song.id}`);
    },
  );
  server.registerTool(
    "list_songs",
    {
      title: "List songs",
      description: "List your songs.",
      outputSchema: {
        songs: z.array(z.object({ id: z.string(), title: z.string(), key: z.string() })),
      },
    },
    (extra) => {
      const rows = songsOf(who(extra)).map(({ id: songId, title, key }) => ({ id: songId, title, key }));
      return { ...said(JSON.stringify(rows)), structuredContent: { songs: rows } };
    },
  );
  server.registerTool(
    "open_song",
    { title: "Open a song", description: "Read a song's sheet.", inputSchema: { song_id: id } },
    ({ song_id: songId }, extra) => {
      const song = songOf(who(extra), songId);
      return song ? said(sheet(song)) : refused("No such song.");
    },
  );
  server.registerTool(
    "edit_song",
    {
      title: "Edit a song",
      description: "Replace a song's chords or notes.",
      inputSchema: {
        song_id: id,
        chords: z.string().min(1).max(4000).optional(),
        notes: z.string().max(2000).optional(),
      },
    },
    ({ song_id: songId, chords, notes }, extra) => {
      const song = songOf(who(extra), songId);
      if (!song) return refused("No such song.");
      if (chords !== undefined) song.chords = chords;
      if (notes !== undefined) song.notes = notes;
      return said(sheet(song));
    },
  );
  server.registerTool(
    "transpose_song",
    {
      title: "Transpose a song",
      description: "Move a song's chords up or down by half-tone steps and keep it so.",
      inputSchema: { song_id: id, steps: z.number().int().min(-11).max(11) },
    },
    ({ song_id: songId, steps }, extra) => {
      const song = songOf(who(extra), songId);
      if (!song) return refused("No such song.");
      song.chords = transposed(song.chords, steps);
      song.key = transposed(song.key, steps);
      return said(sheet(song));
    },
  );
  server.registerTool(
    "bin_song",
    { title: "Bin a song", description: "Put a song into the bin.", inputSchema: { song_id: id } },
    ({ song_id: songId }, extra) => {
      const song = songOf(who(extra), songId);
      if (!song) return refused("No such song.");
      song.binned = true;
      return said("It is in the bin now.");
    },
  );
  server.registerTool(
    "list_bin",
    { title: "List the bin", description: "List your songs in the bin." },
    (extra) => {
      const lines = songsOf(who(extra), true).map((song) => `${song.id}: ${song.title}`);
      return said(lines.join("\n") || "The bin is empty.");
    },
  );
  server.registerTool(
    "restore_song",
    { title: "Restore", description: "Take a song out of the bin.", inputSchema: { song_id: id } },
    ({ song_id: songId }, extra) => {
      const song = songsOf(who(extra), true).find((binned) => binned.id === songId);
      if (!song) return refused("No such song in the bin.");
      song.binned = false;
      return said(sheet(song));
    },
  );
  server.registerTool(
    "empty_bin",
    { title: "Empty the bin", description: "Delete your songs in the bin for good." },
    (extra) => {
      const mine = songsOf(who(extra), true);
      const doomed = LEAKS["bin-emptied"] ? [...songs.values()].filter((s) => s.binned) : mine;
      for (const song of doomed) songs.delete(song.id);
      return said(`${mine.length} songs deleted.`);
    },
  );
}

function addSetlistTools(server) {
  const who = (extra) => extra.authInfo.extra.musician;

  server.registerTool(
    "make_setlist",
    {
      title: "Make a setlist",
      description: "Put songs in an order for a concert.",
      inputSchema: {
        name: z.string().min(1).max(100),
        song_ids: z.array(z.string()).min(1).max(40),
        remarks: z.string().max(1000).default(""),
      },
    },
    ({ name, song_ids: songIds, remarks }, extra) => {
      const missing = songIds.find((songId) => !songOf(who(extra), songId));
      if (missing !== undefined) return refused("One of the songs does not exist.");
      const setlistId = crypto.randomUUID();
      setlists.set(setlistId, { id: setlistId, musician: who(extra), name, songIds, remarks });
      return said(`Setlist ${setlistId} with ${songIds.length} songs.`);
    },
  );
  server.registerTool(
    "list_setlists",
    { title: "List setlists", description: "List your setlists." },
    (extra) => {
      const mine = [...setlists.values()].filter((entry) => entry.musician === who(extra));
      return said(mine.map((entry) => `${entry.id}: ${entry.name}`).join("\n") || "None yet.");
    },
  );
  server.registerTool(
    "log_practice",
    {
      title: "Log practice",
      description: "Write down how long you practised a song.",
      inputSchema: { song_id: z.string(), minutes: z.number().int().min(1).max(600) },
    },
    ({ song_id: songId, minutes }, extra) => {
      const song = songOf(who(extra), songId);
      if (!song) return refused("No such song.");
      practice.push({ musician: who(extra), song: song.id, title: song.title, minutes });
      return said(`${minutes} minutes on ${song.title}.`);
    },
  );
  server.registerTool(
    "practice_stats",
    { title: "Practice so far", description: "Minutes of practice for each of your songs." },
    (extra) => {
      const rows = songsOf(who(extra)).map((song) => {
        const times = practice.filter((entry) =>
          LEAKS["practice-by-title"]
            ? entry.title === song.title
            : entry.song === song.id && entry.musician === who(extra),
        );
        const minutes = times.reduce((sum, entry) => sum + entry.minutes, 0);
        return { song: song.id, title: song.title, times: times.length, minutes };
      });
      return said(JSON.stringify(rows));
    },
  );
}

function addResources(server) {
  const who = (extra) => extra.authInfo.extra.musician;
  const missing = (uri) => new McpError(NOT_FOUND, "Resource not found", { uri: uri.href });

  server.registerResource(
    "chord-shapes",
    "songbook://chord-shapes",
    { description: "Fingerings of common chords, the same for all", mimeType: "application/json" },
    (uri) => ({
      contents: [{ uri: uri.href, mimeType: "application/json", text: JSON.stringify(SHAPES) }],
    }),
  );
  server.registerResource(
    "song",
    new ResourceTemplate("song://{song_id}", {
      list: (extra) => ({
        resources: songsOf(who(extra)).map((song) => ({
          uri: `song://${song.id}`, name: song.title, mimeType: "text/markdown",
        })),
      }),
    }),
    { description: "A song's sheet", mimeType: "text/markdown" },
    (uri, { song_id: songId }, extra) => {
      const song = songOf(who(extra), songId);
      if (!song) throw missing(uri);
      return { contents: [{ uri: uri.href, mimeType: "text/markdown", text: sheet(song) }] };
    },
  );
  server.registerResource(
    "chords",
    new ResourceTemplate("song://{song_id}/chords", { list: undefined }),
    { description: "A song's chords alone", mimeType: "text/plain" },
    (uri, { song_id: songId }, extra) => {
      const song = LEAKS["chords-resource"] ? songs.get(songId) : songOf(who(extra), songId);
      if (!song) throw missing(uri);
      return { contents: [{ uri: uri.href, mimeType: "text/plain", text: song.chords }] };
    },
  );
}

function addPrompts(server) {
  const who = (extra) => extra.authInfo.extra.musician;
  const asked = (text) => ({ messages: [{ role: "user", content: { type: "text", text } }] });

  server.registerPrompt(
    "learn_song",
    { description: "Learn one of your songs step by step", argsSchema: { song_id: z.string() } },
    ({ song_id: songId }, extra) => {
      const song = songOf(who(extra), songId);
      if (!song) throw new McpError(NOT_FOUND, "No such song");
      return asked(`Help me to learn this song, four bars at a time.\n\n${sheet(song)}`);
    },
  );
  server.registerPrompt(
    "rehearsal_brief",
    { description: "Prepare a rehearsal of a setlist", argsSchema: { setlist_id: z.string() } },
    ({ setlist_id: setlistId }, extra) => {
      const setlist = LEAKS["brief-prompt"]
        ? setlists.get(setlistId)
        : setlistOf(who(extra), setlistId);
      if (!setlist) throw new McpError(NOT_FOUND, "No such setlist");
      const titles = setlist.songIds.map((songId) => songs.get(songId)?.title ?? "(deleted)");
      const order = titles.map((title, place) => `${place + 1}. ${title}`).join("\n");
      return asked(`Plan a rehearsal of ${setlist.name}.\n${order}\n${setlist.remarks}`.trim());
    },
  );
}

const tokens = { "sb-ella-19": "ella", "sb-miles-26": "miles", "sb-nina-33": "nina", "sb-otis-41": "otis" };
const verifier = {
  async verifyAccessToken(token) {
    if (!Object.hasOwn(tokens, token)) throw new InvalidTokenError("unknown token");
    const expiresAt = Math.floor(Date.now() / 1000) + 3600;
    return { token, clientId: "app", scopes: [], expiresAt, extra: { musician: tokens[token] } };
  },
};

const app = createMcpExpressApp();
app.post("/mcp", requireBearerAuth({ verifier }), async (req, res) => {
  const server = new McpServer({ name: "songbook", version: "0.4.2" });
  for (const add of [addSongTools, addSetlistTools, addResources, addPrompts]) add(server);
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  res.on("close", () => server.close());
  await server.connect(transport);
  await transport.handleRequest(req, res, req.body);
});
app.all("/mcp", requireBearerAuth({ verifier }), (req, res) => {
  res.status(405).set("Allow", "POST").json({ error: "method_not_allowed" });
});

app.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
