// Quill: drafts of grant applications, with sections, revisions, undo, citations and exports. MCP over HTTP, no SDK.
const http = require('node:http');
const { randomBytes } = require('node:crypto');
const { setTimeout: sleep } = require('node:timers/promises');

const port = Number(process.argv[2] || 8000);
const LEAKS = (process.env.LEAKS ?? 'all').split(',').map((s) => s.trim());
const leak = (name) => LEAKS.includes('all') || LEAKS.includes(name);

const TOKENS = new Map([
  ['qk_ruth_6d81f20c', 'ruth'],
  ['qk_sami_b7094e5a', 'sami'],
  ['qk_tess_19ce83d7', 'tess'],
]);
const EXPORTS_A_DAY = 2000;
const KEPT_REVISIONS = 50;

const newId = (prefix) => `${prefix}-${randomBytes(9).toString('base64url')}`;
const drafts = new Map();
const revisions = new Map();
const citations = new Map();
const exportsToday = new Map();

class Refused extends Error {}

function theDraft(me, id) {
  const draft = drafts.get(id);
  if (!draft || draft.author !== me) throw new Refused(`no draft ${id}`);
  return draft;
}

function theCitation(me, id) {
  const citation = citations.get(id);
  if (!citation || citation.author !== me) throw new Refused(`no citation ${id}`);
  return citation;
}

const head = (d) => ({ draft_id: d.id, title: d.title, funder: d.funder, state: d.state, sections: d.sections.length });
const full = (d) => ({ ...head(d), sections: d.sections, budget: d.budget });
const cite = (c) => ({ citation_id: c.id, reference: c.reference, remark: c.remark });
const own = (table, me) => [...table.values()].filter((row) => row.author === me);

function keepRevision(draft, what) {
  const revision = { id: newId('rev'), draft: draft.id, what, before: JSON.stringify(draft.sections) };
  revisions.set(revision.id, revision);
  draft.history.push(revision.id);
  if (draft.history.length > KEPT_REVISIONS) revisions.delete(draft.history.shift());
}

// Puts a draft together piece by piece; layout takes a moment for every section.
class Renderer {
  lines = [];

  async render(draft) {
    this.lines = [`# ${draft.title}`, `To: ${draft.funder}`];
    for (const [i, section] of draft.sections.entries()) {
      await sleep(12);
      this.lines.push('', `## ${i + 1}. ${section.heading}`, section.text);
    }
    await sleep(12);
    return this.lines.join('\n');
  }
}
const renderer = new Renderer();

function countExport(me) {
  const day = new Date().toISOString().slice(0, 10);
  const key = leak('export-quota') ? day : `${day} ${me}`;
  const used = exportsToday.get(key) ?? 0;
  if (used >= EXPORTS_A_DAY) throw new Refused('no more exports today');
  exportsToday.set(key, used + 1);
  return EXPORTS_A_DAY - used - 1;
}

const text = (description, maxLength = 2000) => ({ type: 'string', minLength: 1, maxLength, description });
const number = (description, minimum, maximum) => ({ type: 'integer', minimum, maximum, description });
const STATES = ['writing', 'internal review', 'submitted'];
const id = { draft_id: text('as start_draft gave it', 64) };

const tools = {};
const tool = (name, description, properties, required, run) => {
  tools[name] = { description, run, inputSchema: { type: 'object', properties, required, additionalProperties: false } };
};

tool('start_draft', 'Begin an application to a funder.',
  { title: text('of the project', 200), funder: text('who is asked', 200), budget: number('in euros', 0, 10_000_000) },
  ['title', 'funder'],
  (me, { title, funder, budget = 0 }) => {
    const draft = { id: newId('dr'), author: me, title, funder, budget, state: 'writing', sections: [], history: [] };
    drafts.set(draft.id, draft);
    return head(draft);
  });

tool('list_drafts', 'Your applications.', { state: { type: 'string', enum: STATES } }, [],
  (me, { state }) => ({ drafts: own(drafts, me).filter((d) => !state || d.state === state).map(head) }));

tool('open_draft', 'An application with all its sections.', id, ['draft_id'], (me, a) => full(theDraft(me, a.draft_id)));

tool('set_state', 'Move an application on, or back.', { ...id, state: { type: 'string', enum: STATES } }, ['draft_id', 'state'],
  (me, a) => {
    const draft = theDraft(me, a.draft_id);
    draft.state = a.state;
    return head(draft);
  });

tool('add_section', 'Add a section at the end.', { ...id, heading: text('of the section', 200), text: text('the section') },
  ['draft_id', 'heading', 'text'],
  (me, a) => {
    const draft = theDraft(me, a.draft_id);
    keepRevision(draft, `added ${a.heading}`);
    draft.sections = [...draft.sections, { heading: a.heading, text: a.text }];
    return full(draft);
  });

tool('rewrite_section', 'Replace the text of a section. The old one is kept as a revision.',
  { ...id, number: number('of the section, from 1', 1, 100), text: text('the new text') }, ['draft_id', 'number', 'text'],
  (me, a) => {
    const draft = theDraft(me, a.draft_id);
    if (!draft.sections[a.number - 1]) throw new Refused('no such section');
    keepRevision(draft, `rewrote section ${a.number}`);
    draft.sections = draft.sections.map((s, i) => (i === a.number - 1 ? { ...s, text: a.text } : s));
    return full(draft);
  });

tool('list_revisions', 'What was changed in an application.', id, ['draft_id'],
  (me, a) => ({
    revisions: theDraft(me, a.draft_id).history.map((r) => ({ revision_id: r, what: revisions.get(r).what })),
  }));

tool('show_revision', 'The sections as they were before a change.', { revision_id: text('from list_revisions', 64) }, ['revision_id'],
  (me, a) => {
    const revision = revisions.get(a.revision_id);
    const draft = revision && drafts.get(revision.draft);
    if (!draft || (draft.author !== me && !leak('revision'))) throw new Refused(`no revision ${a.revision_id}`);
    return { revision_id: revision.id, what: revision.what, sections: JSON.parse(revision.before) };
  });

tool('undo', 'Take back the last change of an application.', id, ['draft_id'],
  (me, a) => {
    const draft = theDraft(me, a.draft_id);
    const last = draft.history.pop();
    if (!last) throw new Refused('nothing to undo');
    draft.sections = JSON.parse(revisions.get(last).before);
    revisions.delete(last);
    return full(draft);
  });

tool('discard_draft', 'Delete an application with its revisions.', id, ['draft_id'],
  (me, a) => {
    for (const r of theDraft(me, a.draft_id).history) revisions.delete(r);
    drafts.delete(a.draft_id);
    return { discarded: a.draft_id };
  });

tool('search_drafts', 'Sections with these words.', { words: text('to look for', 200) }, ['words'],
  (me, { words }) => {
    const hits = [];
    for (const d of own(drafts, me)) {
      for (const s of d.sections) {
        if (`${s.heading} ${s.text}`.toLowerCase().includes(words.toLowerCase())) hits.push({ draft_id: d.id, ...s });
      }
    }
    return { hits: hits.slice(0, 20) };
  });

tool('export_draft', 'An application as one Markdown text.', id, ['draft_id'],
  async (me, a) => {
    const draft = theDraft(me, a.draft_id);
    const exports_left = countExport(me);
    const with_ = leak('shared-renderer') ? renderer : new Renderer();
    return { draft_id: draft.id, markdown: await with_.render(draft), exports_left };
  });

tool('add_citation', 'Keep a reference for later applications.',
  { reference: text('author, title, year', 500), remark: text('what it is good for', 500) }, ['reference'],
  (me, { reference, remark = '' }) => {
    const citation = { id: newId('cit'), author: me, reference, remark };
    citations.set(citation.id, citation);
    return cite(citation);
  });

tool('list_citations', 'Your references.', {}, [], (me) => ({ citations: own(citations, me).map(cite) }));

tool('edit_citation', 'Change the remark on a reference.',
  { citation_id: text('from list_citations', 64), remark: text('the new remark', 500) }, ['citation_id', 'remark'],
  (me, a) => {
    const citation = theCitation(me, a.citation_id);
    citation.remark = a.remark;
    return cite(citation);
  });

tool('remove_citation', 'Delete a reference.', { citation_id: text('from list_citations', 64) }, ['citation_id'],
  (me, a) => {
    if (!leak('citation') || !citations.has(a.citation_id)) theCitation(me, a.citation_id);
    citations.delete(a.citation_id);
    return { removed: a.citation_id };
  });

tool('word_count', 'How much you have written, over all applications.', {}, [],
  (me) => {
    const mine = own(drafts, me);
    const words = mine.flatMap((d) => d.sections).reduce((n, s) => n + s.text.split(/\s+/).filter(Boolean).length, 0);
    return { drafts: mine.length, words, citations: own(citations, me).length };
  });

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
          serverInfo: { name: 'quill', version: '1.3.0' },
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
  if (new URL(request.url, 'http://quill').pathname !== '/mcp') return reply(404, { error: 'not found' });
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
