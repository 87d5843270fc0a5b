'use strict';
/* Property inspections: visits to houses, what was found in them, photo captions. Plain node, HTTP basic. */
const http = require('node:http');
const crypto = require('node:crypto');

const PLANTED = ['finding-site', 'trash-restore', 'checks-before-owner'];
const asked = (process.env.LEAKS ?? 'all').split(',').filter(Boolean);
const LEAKS = new Set(asked.includes('all') ? PLANTED : asked);

const INSPECTORS = { ingrid: 'gable-11', jonas: 'gable-22', keiko: 'gable-33', luis: 'gable-44' };
const SEVERITIES = ['cosmetic', 'minor', 'major', 'dangerous'];
const inspections = new Map(); // ref -> {ref, inspector, address, visited_on, summary, status, trashed}
const findings = new Map(); // ref -> {ref, inspector, inspection, room, text, severity}

class Refusal extends Error {
  constructor(status, title, detail) {
    super(title);
    this.answer = { status, title, ...(detail && { detail }) };
  }
}
const ref = (kind) => `${kind}-${crypto.randomBytes(6).toString('hex')}`;
const unknown = (what) => new Refusal(404, `unknown ${what}`);

function ownInspection(who, id, { trashed = false } = {}) {
  const inspection = inspections.get(id);
  if (!inspection || inspection.inspector !== who || inspection.trashed !== trashed) {
    throw unknown('inspection');
  }
  return inspection;
}
function ownFinding(who, id) {
  const finding = findings.get(id);
  if (!finding || finding.inspector !== who) throw unknown('finding');
  return finding;
}
function inspectionOut({ inspector, trashed, ...rest }) {
  return rest;
}
function findingOut({ inspector, inspection, ...rest }) {
  const site = inspections.get(inspection);
  return { ...rest, inspection, address: site ? site.address : null };
}
function text(body, name, longest, needed) {
  const value = body[name];
  if (value === undefined && !needed) return undefined;
  if (typeof value !== 'string' || (needed && !value.trim()) || value.length > longest) {
    throw new Refusal(422, 'invalid field', `${name} has to be text of at most ${longest} characters`);
  }
  return value;
}
function choice(body, name, values) {
  if (body[name] !== undefined && !values.includes(body[name])) {
    throw new Refusal(422, 'invalid field', `${name} is one of ${values.join(', ')}`);
  }
  return body[name];
}
function date(body, name) {
  const value = text(body, name, 10, true);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) throw new Refusal(422, 'invalid field', `${name} is YYYY-MM-DD`);
  return value;
}

const routes = [];
const on = (method, pattern, handler) => routes.push({ method, pattern, handler });

on('GET', /^\/inspections$/, ({ who, query }) => {
  const status = query.get('status');
  const own = [...inspections.values()].filter((each) => each.inspector === who && !each.trashed);
  own.sort((a, b) => a.visited_on.localeCompare(b.visited_on));
  return [200, own.filter((each) => !status || each.status === status).map(inspectionOut)];
});
on('POST', /^\/inspections$/, ({ who, body }) => {
  const inspection = {
    ref: ref('insp'),
    inspector: who,
    address: text(body, 'address', 120, true),
    visited_on: date(body, 'visited_on'),
    summary: text(body, 'summary', 1000) ?? '',
    status: 'open',
    trashed: false,
  };
  inspections.set(inspection.ref, inspection);
  return [201, inspectionOut(inspection)];
});
on('GET', /^\/inspections\/([^/]+)$/, ({ who, id }) => {
  const inspection = ownInspection(who, id);
  const here = [...findings.values()].filter((each) => each.inspection === id && each.inspector === who);
  return [200, { ...inspectionOut(inspection), findings: here.map(findingOut) }];
});
on('PATCH', /^\/inspections\/([^/]+)$/, ({ who, id, body }) => {
  const inspection = ownInspection(who, id);
  const summary = text(body, 'summary', 1000);
  const status = choice(body, 'status', ['open', 'closed']);
  if (summary !== undefined) inspection.summary = summary;
  if (status !== undefined) inspection.status = status;
  return [200, inspectionOut(inspection)];
});
on('DELETE', /^\/inspections\/([^/]+)$/, ({ who, id }) => {
  ownInspection(who, id).trashed = true;
  return [204];
});
on('GET', /^\/trash$/, ({ who }) => {
  const own = [...inspections.values()].filter((each) => each.inspector === who && each.trashed);
  return [200, own.map(inspectionOut)];
});
on('POST', /^\/trash\/([^/]+)\/restore$/, ({ who, id }) => {
  const inspection = LEAKS.has('trash-restore')
    ? inspections.get(id)
    : ownInspection(who, id, { trashed: true });
  if (!inspection?.trashed) throw unknown('inspection');
  inspection.trashed = false;
  return [204];
});
on('GET', /^\/inspections\/([^/]+)\/report$/, ({ who, id }) => {
  const inspection = ownInspection(who, id);
  const lines = [`# ${inspection.address}`, '', `Visited on ${inspection.visited_on}.`, '', inspection.summary, ''];
  for (const each of findings.values()) {
    if (each.inspection === id && each.inspector === who) {
      lines.push(`- ${each.room}: ${each.text} (${each.severity})`);
    }
  }
  return [200, `${lines.join('\n')}\n`, 'text/markdown; charset=utf-8'];
});

on('GET', /^\/findings$/, ({ who, query }) => {
  const severity = query.get('severity');
  const own = [...findings.values()].filter((each) => each.inspector === who);
  return [200, own.filter((each) => !severity || each.severity === severity).map(findingOut)];
});
on('POST', /^\/findings$/, ({ who, body }) => {
  const finding = {
    ref: ref('find'),
    inspector: who,
    inspection: text(body, 'inspection', 60, true),
    room: text(body, 'room', 60, true),
    text: text(body, 'text', 1000, true),
    severity: choice(body, 'severity', SEVERITIES) ?? 'minor',
    caption: text(body, 'caption', 200) ?? '',
  };
  if (LEAKS.has('finding-site')) {
    if (!inspections.has(finding.inspection)) throw unknown('inspection');
  } else {
    ownInspection(who, finding.inspection);
  }
  findings.set(finding.ref, finding);
  return [201, findingOut(finding)];
});
on('PUT', /^\/findings\/([^/]+)$/, ({ who, id, body }) => {
  const read = () => ({
    room: text(body, 'room', 60, true),
    text: text(body, 'text', 1000, true),
    severity: choice(body, 'severity', SEVERITIES) ?? 'minor',
    caption: text(body, 'caption', 200) ?? '',
  });
  if (LEAKS.has('checks-before-owner') && findings.has(id)) read();
  const finding = ownFinding(who, id);
  Object.assign(finding, read());
  return [200, findingOut(finding)];
});
on('DELETE', /^\/findings\/([^/]+)$/, ({ who, id }) => {
  ownFinding(who, id);
  findings.delete(id);
  return [204];
});

function caller(request) {
  const [scheme, given] = (request.headers.authorization ?? '').split(' ');
  const [name, password] = Buffer.from(given ?? '', 'base64').toString().split(':');
  if (scheme.toLowerCase() === 'basic' && Object.hasOwn(INSPECTORS, name) && INSPECTORS[name] === password) {
    return name;
  }
  throw new Refusal(401, 'who is calling?');
}
async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  if (!chunks.length) return {};
  try {
    const value = JSON.parse(Buffer.concat(chunks).toString());
    if (value && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch {
    // refused below
  }
  throw new Refusal(400, 'the body has to be a JSON object');
}
async function answer(request) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/openapi.json') return [200, description()];
  const who = caller(request);
  const body = await bodyOf(request);
  for (const { method, pattern, handler } of routes) {
    const match = method === request.method && pattern.exec(url.pathname);
    if (match) return handler({ who, body, query: url.searchParams, id: match[1] && decodeURIComponent(match[1]) });
  }
  throw unknown('page');
}
const server = http.createServer(async (request, response) => {
  let result;
  try {
    result = await answer(request);
  } catch (error) {
    const problem = error.answer ?? { status: 500, title: 'internal error' };
    result = [problem.status, problem, 'application/problem+json'];
  }
  const [status, content, type = 'application/json'] = result;
  response.statusCode = status;
  if (status === 401) response.setHeader('www-authenticate', 'Basic realm="inspections"');
  if (content === undefined) return response.end();
  response.setHeader('content-type', type);
  return response.end(typeof content === 'string' ? content : JSON.stringify(content));
});

function description() {
  const string = (maxLength) => ({ type: 'string', minLength: 1, maxLength });
  const loose = (maxLength) => ({ type: 'string', maxLength });
  const json = (required, properties) => ({
    required: true,
    content: { 'application/json': { schema: { type: 'object', required, properties } } },
  });
  const put = (operationId, summary, requestBody, parameters) => ({
    operationId,
    summary,
    ...(parameters && { parameters }),
    ...(requestBody && { requestBody }),
    responses: { 200: { description: 'done' }, 404: { description: 'unknown' } },
  });
  const id = [{ name: 'ref', in: 'path', required: true, schema: { type: 'string' } }];
  const filter = (name, values) => [{ name, in: 'query', schema: { type: 'string', enum: values } }];
  const severity = { type: 'string', enum: SEVERITIES };
  const details = { room: string(60), text: string(1000), severity, caption: loose(200) };
  return {
    openapi: '3.0.3',
    info: { title: 'Property inspections', version: '3' },
    components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' } } },
    security: [{ basic: [] }],
    paths: {
      '/inspections': {
        get: put('inspections', 'Your inspections by day', null, filter('status', ['open', 'closed'])),
        post: put('newInspection', 'A new inspection', json(['address', 'visited_on'], {
          address: string(120),
          visited_on: { type: 'string', format: 'date' },
          summary: loose(1000),
        })),
      },
      '/inspections/{ref}': {
        get: put('inspection', 'One inspection and its findings', null, id),
        patch: put('changeInspection', 'Change the summary or the status', json([], {
          summary: loose(1000),
          status: { type: 'string', enum: ['open', 'closed'] },
        }), id),
        delete: put('trashInspection', 'Put an inspection in the trash', null, id),
      },
      '/inspections/{ref}/report': { get: put('report', 'A report in markdown', null, id) },
      '/trash': { get: put('trash', 'Your inspections in the trash') },
      '/trash/{ref}/restore': { post: put('restore', 'Take an inspection out of the trash', null, id) },
      '/findings': {
        get: put('findings', 'Your findings', null, filter('severity', SEVERITIES)),
        post: put('newFinding', 'Note a finding at one of your inspections', json(['inspection', 'room', 'text'], {
          inspection: string(60),
          ...details,
        })),
      },
      '/findings/{ref}': {
        put: put('changeFinding', 'Write a finding anew', json(['room', 'text'], details), id),
        delete: put('deleteFinding', 'Delete a finding', null, id),
      },
    },
  };
}

server.listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGTERM', () => {
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
