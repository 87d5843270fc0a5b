// Hearsay: a reporter's sources, interviews, quotes, stories and summaries. MCP over HTTP, by hand.
const http = require('node:http');
const { randomBytes } = require('node:crypto');
const { setTimeout: sleep } = require('node:timers/promises');

const port = Number(process.argv[2] || 8000);
const LEAKS = (process.env.LEAKS ?? 'all').split(',').map((s) => s.trim());
const leak = (name) => LEAKS.includes('all') || LEAKS.includes(name);

const TOKENS = new Map([
  ['hs-vera-41c7d0', 'vera'],
  ['hs-wim-9be25a', 'wim'],
  ['hs-xenia-70f318', 'xenia'],
]);

const newId = (prefix) => `${prefix}_${randomBytes(8).toString('hex')}`;
const sources = new Map();
const interviews = new Map();
const quotes = new Map();
const stories = new Map();
const summaries = new Map();
let caller; // whose call is being answered

class Refused extends Error {}

function the(table, me, id, what) {
  const row = table.get(id);
  if (!row || row.reporter !== me) throw new Refused(`no ${what} ${id}`);
  return row;
}

function put(table, prefix, reporter, values) {
  const row = { id: newId(prefix), reporter, ...values };
  table.set(row.id, row);
  return row;
}

const own = (table, me) => [...table.values()].filter((row) => row.reporter === me);
const shown = ({ reporter, undo, ...rest }) => rest;
const head = (i) => ({ id: i.id, source_id: i.source_id, title: i.title, words: words(i.text).length });
const words = (s) => s.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const story = (s) => ({
  id: s.id,
  headline: s.headline,
  paragraphs: s.paragraphs,
  quotes: s.quotes.filter((q) => quotes.has(q)).map((q) => ({ quote_id: q, words: quotes.get(q).words })),
});

// tf-idf: a word that few interviews have says more about those that have it
function ranked(me, wanted) {
  const mine = own(interviews, me);
  const corpus = leak('idf') ? [...interviews.values()] : mine;
  const bags = corpus.map((i) => new Set(words(`${i.title} ${i.text}`)));
  const weight = (w) => Math.log(1 + corpus.length / (1 + bags.filter((bag) => bag.has(w)).length));
  const hits = mine.map((i) => {
    const all = words(`${i.title} ${i.text}`);
    const score = wanted.reduce((sum, w) => sum + (all.filter((x) => x === w).length / all.length) * weight(w), 0);
    return { ...head(i), score: Number(score.toFixed(4)) };
  });
  return hits.filter((h) => h.score > 0).sort((a, b) => b.score - a.score).slice(0, 10);
}

const text = (description, maxLength = 3000) => ({ type: 'string', minLength: 1, maxLength, description });
const choice = (...values) => ({ type: 'string', enum: values });
const ref = (what) => text(`id of ${what}`, 64);

const tools = {};
const tool = (name, description, properties, required, run) => {
  tools[name] = { description, run, inputSchema: { type: 'object', properties, required, additionalProperties: false } };
};

tool('add_source', 'Add somebody who talks to you.',
  { name: text('real or made up', 200), contact: text('how to reach them', 200), terms: choice('on record', 'background', 'off record') },
  ['name'],
  (me, { name, contact = '', terms = 'background' }) => shown(put(sources, 'src', me, { name, contact, terms })));

tool('list_sources', 'Your sources.', {}, [], (me) => ({ sources: own(sources, me).map(shown) }));

tool('edit_source', 'Change how to reach a source.', { source_id: ref('a source'), contact: text('new', 200) }, ['source_id', 'contact'],
  (me, a) => {
    const source = the(sources, me, a.source_id, 'source');
    source.contact = a.contact;
    return shown(source);
  });

tool('delete_source', 'Delete a source; the interviews stay.', { source_id: ref('a source') }, ['source_id'],
  (me, a) => {
    if (!leak('delete-source') || !sources.has(a.source_id)) the(sources, me, a.source_id, 'source');
    sources.delete(a.source_id);
    return { deleted: a.source_id };
  });

tool('add_interview', 'Keep the transcript of an interview.',
  { source_id: ref('who was asked'), title: text('of the interview', 200), text: text('the transcript') }, ['title', 'text'],
  (me, a) => {
    const source_id = a.source_id === undefined ? null : the(sources, me, a.source_id, 'source').id;
    return head(put(interviews, 'int', me, { source_id, title: a.title, text: a.text }));
  });

tool('list_interviews', 'Your interviews.', {}, [], (me) => ({ interviews: own(interviews, me).map(head) }));

tool('open_interview', 'An interview with its transcript.', { interview_id: ref('an interview') }, ['interview_id'],
  (me, a) => {
    const interview = the(interviews, me, a.interview_id, 'interview');
    return { ...head(interview), text: interview.text };
  });

tool('delete_interview', 'Delete an interview.', { interview_id: ref('an interview') }, ['interview_id'],
  (me, a) => {
    interviews.delete(the(interviews, me, a.interview_id, 'interview').id);
    return { deleted: a.interview_id };
  });

tool('search_interviews', 'Your interviews with these words, the best first.', { query: text('words', 200) }, ['query'],
  (me, { query }) => ({ hits: ranked(me, words(query)) }));

tool('summarise_interview', 'Make a summary of an interview and keep it.',
  { interview_id: ref('an interview'), sentences: { type: 'integer', minimum: 1, maximum: 5, description: '2 if left out' } },
  ['interview_id'],
  async (me, a) => {
    const interview = the(interviews, me, a.interview_id, 'interview');
    const sentences = interview.text.split(/(?<=[.!?])\s+/);
    await sleep(25); // the model
    const summary = `${interview.title}: ${sentences.slice(0, a.sentences ?? 2).join(' ')}`;
    return shown(put(summaries, 'sum', leak('summary-caller') ? caller : me, { interview_id: interview.id, summary }));
  });

tool('list_summaries', 'The summaries that were made for you.', {}, [], (me) => ({ summaries: own(summaries, me).map(shown) }));

tool('delete_summary', 'Delete a summary.', { summary_id: ref('a summary') }, ['summary_id'],
  (me, a) => {
    summaries.delete(the(summaries, me, a.summary_id, 'summary').id);
    return { deleted: a.summary_id };
  });

tool('mark_quote', 'Keep words that were said as a quote.',
  { interview_id: ref('an interview'), words: text('what was said', 500), tag: text('to find it by', 60) }, ['interview_id', 'words'],
  (me, a) => {
    const interview_id = the(interviews, me, a.interview_id, 'interview').id;
    return shown(put(quotes, 'quo', me, { interview_id, words: a.words, tag: a.tag ?? '' }));
  });

tool('list_quotes', 'Your quotes, of one tag or all.', { tag: text('as given to mark_quote', 60) }, [],
  (me, { tag }) => ({ quotes: own(quotes, me).filter((q) => tag === undefined || q.tag === tag).map(shown) }));

tool('drop_quote', 'Delete a quote. It is gone from your stories, too.', { quote_id: ref('a quote') }, ['quote_id'],
  (me, a) => {
    quotes.delete(the(quotes, me, a.quote_id, 'quote').id);
    return { dropped: a.quote_id };
  });

tool('start_story', 'Begin the draft of a story.', { headline: text('for now', 200) }, ['headline'],
  (me, { headline }) => story(put(stories, 'sto', me, { headline, paragraphs: [], quotes: [], undo: [] })));

tool('list_stories', 'Your drafts.', {}, [],
  (me) => ({ stories: own(stories, me).map((s) => ({ id: s.id, headline: s.headline, paragraphs: s.paragraphs.length })) }));

tool('open_story', 'A draft with paragraphs and quotes.', { story_id: ref('a story') }, ['story_id'],
  (me, a) => story(the(stories, me, a.story_id, 'story')));

tool('write_paragraph', 'Write one more paragraph.', { story_id: ref('a story'), text: text('the paragraph') }, ['story_id', 'text'],
  (me, a) => {
    const draft = the(stories, me, a.story_id, 'story');
    draft.undo.push([draft.paragraphs, draft.quotes]);
    draft.paragraphs = [...draft.paragraphs, a.text];
    return story(draft);
  });

tool('attach_quote', 'Use a quote in a story.', { story_id: ref('a story'), quote_id: ref('a quote') }, ['story_id', 'quote_id'],
  (me, a) => {
    const draft = the(stories, me, a.story_id, 'story');
    if (!leak('attach-quote') || !quotes.has(a.quote_id)) the(quotes, me, a.quote_id, 'quote');
    draft.undo.push([draft.paragraphs, draft.quotes]);
    draft.quotes = [...draft.quotes, a.quote_id];
    return story(draft);
  });

tool('undo', 'Take back the last change of a story.', { story_id: ref('a story') }, ['story_id'],
  (me, a) => {
    const draft = the(stories, me, a.story_id, 'story');
    if (!draft.undo.length) throw new Refused('nothing to undo');
    [draft.paragraphs, draft.quotes] = draft.undo.pop();
    return story(draft);
  });

tool('spike_story', 'Delete the draft of a story.', { story_id: ref('a story') }, ['story_id'],
  (me, a) => {
    stories.delete(the(stories, me, a.story_id, 'story').id);
    return { spiked: a.story_id };
  });

tool('morning_digest', 'What is on your desk, in short.', {}, [],
  (me) => ({
    sources: own(sources, me).length,
    interviews: own(interviews, me).map((i) => i.title),
    stories: own(stories, me).map((s) => s.headline),
  }));

function checked(schema, given) {
  for (const key of schema.required) if (given[key] === undefined) throw new Refused(`${key} is missing`);
  for (const [key, value] of Object.entries(given)) {
    const rule = Object.hasOwn(schema.properties, key) && schema.properties[key];
    if (!rule) throw new Refused(`${key} is not an argument of this tool`);
    if (rule.type === 'string') {
      if (typeof value !== 'string') throw new Refused(`${key} must be a text`);
      if (rule.enum && !rule.enum.includes(value)) throw new Refused(`${key} must be one of ${rule.enum.join(', ')}`);
      if (!rule.enum && (!value.length || value.length > rule.maxLength)) {
        throw new Refused(`${key} must have 1 to ${rule.maxLength} characters`);
      }
    } else if (!Number.isInteger(value) || value < rule.minimum || value > rule.maximum) {
      throw new Refused(`${key} must be a whole number from ${rule.minimum} to ${rule.maximum}`);
    }
  }
  return given;
}

async function callTool(me, { name, arguments: given = {} } = {}) {
  if (!Object.hasOwn(tools, name ?? '')) return { error: { code: -32602, message: 'unknown tool' } };
  caller = me;
  try {
    const answer = await tools[name].run(me, checked(tools[name].inputSchema, given ?? {}));
    return { result: { content: [{ type: 'text', text: JSON.stringify(answer) }], structuredContent: answer } };
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    return { result: { content: [{ type: 'text', text: e.message }], isError: true } };
  }
}

async function answer(me, message) {
  switch (message.method) {
    case 'initialize': {
      const known = ['2025-03-26', '2025-06-18', '2025-11-25'];
      const asked = message.params?.protocolVersion;
      return {
        result: {
          protocolVersion: known.includes(asked) ? asked : '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 'hearsay', version: '0.8.2' },
        },
      };
    }
    case 'ping':
      return { result: {} };
    case 'tools/list': {
      const list = Object.entries(tools).map(([name, t]) => ({ name, description: t.description, inputSchema: t.inputSchema }));
      return { result: { tools: list } };
    }
    case 'tools/call':
      return callTool(me, message.params);
    default:
      return { error: { code: -32601, message: 'method not found' } };
  }
}

const server = http.createServer(async (request, response) => {
  const reply = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
  if (new URL(request.url, 'http://hearsay').pathname !== '/mcp') return reply(404, { error: 'not found' });
  const me = TOKENS.get((/^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [])[1]);
  if (!me) return reply(401, { error: 'sign in first' }, { 'www-authenticate': 'Bearer' });
  if (request.method !== 'POST') return reply(405, { error: 'POST only' }, { allow: 'POST' });
  let message;
  try {
    const parts = [];
    for await (const part of request) parts.push(part);
    message = JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    return reply(400, { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'this is no JSON' } });
  }
  if (typeof message !== 'object' || message === null || typeof message.method !== 'string') {
    return reply(400, { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'this is no request' } });
  }
  if (message.id === undefined) return reply(202);
  try {
    reply(200, { jsonrpc: '2.0', id: message.id, ...(await answer(me, message)) });
  } catch {
    reply(200, { jsonrpc: '2.0', id: message.id, error: { code: -32603, message: 'internal error' } });
  }
});
server.listen(port, '127.0.0.1');
