'use strict';
/* A diary in the language one learns, with corrections and a word list; an MCP server over streamable HTTP. */
const http = require('node:http');
const { randomUUID } = require('node:crypto');
const { McpServer, ResourceTemplate } = require('@modelcontextprotocol/sdk/server/mcp.js');
const {
  StreamableHTTPServerTransport,
} = require('@modelcontextprotocol/sdk/server/streamableHttp.js');
const { z } = require('zod');

const PLANTED = ['entry-resource', 'undo-latest', 'word-counts'];
const asked = (process.env.LEAKS ?? 'all').split(',').filter(Boolean);
const LEAKS = new Set(asked.includes('all') ? PLANTED : asked);

const LEARNERS = new Map([
  ['ld-amelie-4821', 'amelie'],
  ['ld-bogdan-9034', 'bogdan'],
  ['ld-chiara-1177', 'chiara'],
  ['ld-dmitri-6650', 'dmitri'],
]);
const LANGUAGES = ['french', 'german', 'italian', 'japanese', 'spanish'];
const entries = new Map(); // id -> {id, learner, language, day, text, corrections, mood}
const undo = new Map(); // learner -> [{entry, text}]
const latest = [];

const say = (value) => ({
  content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }],
});
const refuse = (message) => ({ isError: true, content: [{ type: 'text', text: message }] });
const NOT_FOUND = 'There is no such entry in your diary.';
const view = ({ id, language, day, text, corrections }) => ({ id, language, day, text, corrections });
const wordsOf = (text) => text.toLowerCase().match(/\p{L}{3,}/gu) ?? [];
const stackOf = (learner) => {
  if (LEAKS.has('undo-latest')) return latest;
  if (!undo.has(learner)) undo.set(learner, []);
  return undo.get(learner);
};
function drop(entry) {
  entries.delete(entry.id);
  const stack = stackOf(entry.learner);
  const kept = stack.filter((step) => step.entry !== entry);
  stack.splice(0, stack.length, ...kept);
}

function diaryOf(learner) {
  const server = new McpServer({ name: 'language-diary', version: '1.3.0' });
  const own = () => [...entries.values()].filter((entry) => entry.learner === learner);
  const find = (id) => {
    const entry = entries.get(id);
    return entry?.learner === learner ? entry : undefined;
  };
  const entryId = z.string().describe('The id of one of your entries');
  const words = z.string().min(1).max(2000);
  const language = z.enum(LANGUAGES);

  server.registerTool(
    'write_entry',
    {
      description: 'Write an entry in your diary.',
      inputSchema: { language, text: words, day: z.string().regex(/^\d{4}-\d{2}-\d{2}$/).optional() },
    },
    async ({ language: tongue, text, day = '2026-01-01' }) => {
      const entry = { id: randomUUID(), learner, language: tongue, day, text, corrections: [] };
      entries.set(entry.id, entry);
      return say(view(entry));
    },
  );
  server.registerTool(
    'list_entries',
    {
      description: 'List your entries, newest day first.',
      inputSchema: { language: language.optional(), limit: z.number().int().min(1).max(100).optional() },
    },
    async ({ language: tongue, limit = 20 }) => {
      const found = own().filter((entry) => !tongue || entry.language === tongue);
      found.sort((a, b) => b.day.localeCompare(a.day));
      return say({ entries: found.slice(0, limit).map(view), total: found.length });
    },
  );
  server.registerTool(
    'read_entry',
    { description: 'Read one of your entries.', inputSchema: { entry_id: entryId } },
    async ({ entry_id: id }) => {
      const entry = find(id);
      return entry ? say(view(entry)) : refuse(NOT_FOUND);
    },
  );
  server.registerTool(
    'search_entries',
    { description: 'Find your entries that contain a phrase.', inputSchema: { phrase: z.string().min(1).max(100) } },
    async ({ phrase }) => {
      const wanted = phrase.toLowerCase();
      return say(own().filter((entry) => entry.text.toLowerCase().includes(wanted)).map(view));
    },
  );
  server.registerTool(
    'revise_entry',
    { description: 'Replace the text of one of your entries.', inputSchema: { entry_id: entryId, text: words } },
    async ({ entry_id: id, text }) => {
      const entry = find(id);
      if (!entry) return refuse(NOT_FOUND);
      stackOf(learner).push({ entry, text: entry.text });
      entry.text = text;
      return say(view(entry));
    },
  );
  server.registerTool(
    'undo_revision',
    { description: 'Take back your latest revision.' },
    async () => {
      const stack = stackOf(learner);
      const step = stack.pop();
      if (!step) return refuse('Nothing to take back.');
      step.entry.text = step.text;
      return say('The latest revision is taken back.');
    },
  );
  server.registerTool(
    'add_correction',
    {
      description: 'Note a mistake in one of your entries and its correction.',
      inputSchema: { entry_id: entryId, wrong: z.string().min(1).max(200), right: z.string().min(1).max(200) },
    },
    async ({ entry_id: id, wrong, right }) => {
      const entry = find(id);
      if (!entry) return refuse(NOT_FOUND);
      if (!entry.text.includes(wrong)) return refuse(`The entry does not contain: ${wrong}`);
      entry.corrections.push({ wrong, right });
      return say(view(entry));
    },
  );
  server.registerTool(
    'delete_entry',
    { description: 'Delete one of your entries.', inputSchema: { entry_id: entryId } },
    async ({ entry_id: id }) => {
      const entry = find(id);
      if (!entry) return refuse(NOT_FOUND);
      drop(entry);
      return say('Deleted.');
    },
  );
  server.registerTool(
    'word_list',
    {
      description: 'The words of your diary in a language, each with the number of times you wrote it.',
      inputSchema: { language },
    },
    async ({ language: tongue }) => {
      const mine = new Set(own().filter((entry) => entry.language === tongue).flatMap((entry) => wordsOf(entry.text)));
      const counted = LEAKS.has('word-counts') ? [...entries.values()] : own();
      const counts = {};
      for (const entry of counted) {
        if (entry.language !== tongue) continue;
        for (const word of wordsOf(entry.text)) if (mine.has(word)) counts[word] = (counts[word] ?? 0) + 1;
      }
      return say(Object.entries(counts).sort().map(([word, times]) => ({ word, times })));
    },
  );

  server.registerResource(
    'entry',
    new ResourceTemplate('diary://entries/{entry_id}', {
      list: async () => ({
        resources: own().map((entry) => ({
          uri: `diary://entries/${entry.id}`,
          name: `${entry.language}, ${entry.day}`,
          mimeType: 'text/markdown',
        })),
      }),
    }),
    { description: 'One of your entries as markdown' },
    async (uri, { entry_id: id }) => {
      const entry = LEAKS.has('entry-resource') ? entries.get(id) : find(id);
      if (!entry) throw new Error(NOT_FOUND);
      const notes = entry.corrections.map((each) => `- ~~${each.wrong}~~ ${each.right}`);
      const text = [`# ${entry.day}`, '', entry.text, '', ...notes].join('\n');
      return { contents: [{ uri: uri.href, mimeType: 'text/markdown', text }] };
    },
  );
  server.registerPrompt(
    'practise',
    { description: 'Practise with the corrections in your diary', argsSchema: { language } },
    async ({ language: tongue }) => {
      const pairs = own().filter((entry) => entry.language === tongue).flatMap((entry) => entry.corrections);
      const lines = pairs.map((each) => `${each.wrong} -> ${each.right}`);
      const text = `Quiz me in ${tongue}.\n${lines.join('\n') || 'No corrections yet.'}`;
      return { messages: [{ role: 'user', content: { type: 'text', text } }] };
    },
  );
  return server;
}

const web = http.createServer(async (request, response) => {
  const answer = (status, error) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error }));
  };
  if (new URL(request.url, 'http://localhost').pathname !== '/mcp') return answer(404, 'not found');
  const learner = LEARNERS.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
  if (!learner) {
    response.setHeader('www-authenticate', 'Bearer');
    return answer(401, 'a token is needed');
  }
  if (request.method !== 'POST') return answer(405, 'POST only');
  const server = diaryOf(learner);
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
  response.on('close', () => {
    transport.close();
    server.close();
  });
  await server.connect(transport);
  return transport.handleRequest(request, response);
});
web.listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGTERM', () => {
  web.closeAllConnections();
  web.close(() => process.exit(0));
});
