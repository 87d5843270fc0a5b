'use strict';
/* Lab bench: samples, their measurements and their storage boxes. Fastify, sign-in with a session key. */
const { randomUUID, randomBytes } = require('node:crypto');
const Fastify = require('fastify');

const PLANTED = ['search-in-field', 'discard-first-only', 'list-revision'];
const asked = (process.env.LEAKS ?? 'all').split(',').filter(Boolean);
const LEAKS = new Set(asked.includes('all') ? PLANTED : asked);

const SCIENTISTS = { adele: 'pipette-1', bruno: 'pipette-2', chandra: 'pipette-3', dov: 'pipette-4' };
const sessions = new Map();
const samples = new Map();
const revisions = new Map();
const STATES = ['fresh', 'frozen', 'discarded'];

const app = Fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array' } } });
const s = (more = {}) => ({ type: 'string', ...more });
const label = s({ minLength: 1, maxLength: 80 });
const note = s({ maxLength: 500 });
const secured = [{ session: [] }];
const sampleId = { type: 'object', required: ['sampleId'], properties: { sampleId: s() } };

function touch(scientist) {
  const key = LEAKS.has('list-revision') ? 'all' : scientist;
  revisions.set(key, (revisions.get(key) ?? 0) + 1);
}
const revisionOf = (who) => revisions.get(LEAKS.has('list-revision') ? 'all' : who) ?? 0;
function ofCaller(request) {
  return [...samples.values()].filter((sample) => sample.scientist === request.scientist);
}
function find(request, id = request.params.sampleId) {
  const sample = samples.get(id);
  return sample && sample.scientist === request.scientist ? sample : undefined;
}
const missing = (reply) => reply.code(404).send({ statusCode: 404, error: 'Not Found', message: 'No such sample' });
function shown(sample) {
  const { scientist, ...rest } = sample;
  return rest;
}

async function routes(lab) {
  lab.post(
    '/sessions',
    {
      schema: {
        operationId: 'signIn',
        summary: 'Sign in',
        body: { type: 'object', required: ['name', 'passphrase'], properties: { name: s(), passphrase: s() } },
      },
    },
    async (request, reply) => {
      const { name, passphrase } = request.body;
      if (!Object.hasOwn(SCIENTISTS, name) || SCIENTISTS[name] !== passphrase) {
        return reply.code(401).send({ statusCode: 401, error: 'Unauthorized', message: 'Wrong name or passphrase' });
      }
      const key = randomBytes(18).toString('base64url');
      sessions.set(key, name);
      return reply.code(201).send({ sessionKey: key });
    },
  );

  lab.register(async (inner) => {
    inner.decorateRequest('scientist', '');
    inner.addHook('onRequest', async (request, reply) => {
      const name = sessions.get(request.headers['x-session-key'] ?? '');
      if (!name) {
        return reply.code(401).send({ statusCode: 401, error: 'Unauthorized', message: 'Sign in first' });
      }
      request.scientist = name;
    });

    const add = (method, url, operationId, summary, schema, handler) =>
      inner.route({ method, url, schema: { operationId, summary, security: secured, ...schema }, handler });

    add('POST', '/samples', 'registerSample', 'Register a sample', {
      body: {
        type: 'object',
        required: ['label', 'organism'],
        properties: { label, organism: s({ minLength: 1, maxLength: 80 }), note, box: s({ maxLength: 20 }) },
      },
    }, async (request, reply) => {
      const { label: name, organism, note: remark = '', box = '' } = request.body;
      const sample = {
        sampleId: randomUUID(),
        scientist: request.scientist,
        label: name,
        organism,
        note: remark,
        box,
        state: 'fresh',
        measurements: [],
      };
      samples.set(sample.sampleId, sample);
      touch(request.scientist);
      return reply.code(201).send(shown(sample));
    });

    add('GET', '/samples', 'listSamples', 'Your samples, in pages', {
      querystring: {
        type: 'object',
        properties: {
          state: s({ enum: STATES }),
          page: { type: 'integer', minimum: 1, default: 1 },
          size: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
        },
      },
    }, async (request) => {
      const { state, page, size } = request.query;
      const own = ofCaller(request).filter((sample) => !state || sample.state === state);
      return {
        items: own.slice((page - 1) * size, page * size).map(shown),
        page: { number: page, size, total: own.length },
        revision: revisionOf(request.scientist),
      };
    });

    add('GET', '/samples/search', 'searchSamples', 'Find your samples by a word, in every field or in one', {
      querystring: {
        type: 'object',
        required: ['q'],
        properties: { q: s({ minLength: 2, maxLength: 80 }), field: s({ enum: ['label', 'organism', 'note'] }) },
      },
    }, async (request) => {
      const word = request.query.q.toLowerCase();
      const { field } = request.query;
      const has = (sample, name) => sample[name].toLowerCase().includes(word);
      const all = [...samples.values()];
      if (field && LEAKS.has('search-in-field')) return all.filter((sample) => has(sample, field)).map(shown);
      const names = field ? [field] : ['label', 'organism', 'note'];
      return ofCaller(request).filter((sample) => names.some((name) => has(sample, name))).map(shown);
    });

    add('GET', '/samples/:sampleId', 'getSample', 'One sample', { params: sampleId }, async (request, reply) => {
      const sample = find(request);
      return sample ? shown(sample) : missing(reply);
    });

    add('PATCH', '/samples/:sampleId', 'updateSample', 'Change a sample', {
      params: sampleId,
      body: {
        type: 'object',
        minProperties: 1,
        properties: { label, note, box: s({ maxLength: 20 }), state: s({ enum: ['fresh', 'frozen'] }) },
      },
    }, async (request, reply) => {
      const sample = find(request);
      if (!sample) return missing(reply);
      for (const name of ['label', 'note', 'box', 'state']) {
        if (request.body[name] !== undefined) sample[name] = request.body[name];
      }
      touch(request.scientist);
      return shown(sample);
    });

    add('POST', '/samples/:sampleId/measurements', 'measure', 'Add a measurement', {
      params: sampleId,
      body: {
        type: 'object',
        required: ['quantity', 'value'],
        properties: { quantity: s({ minLength: 1, maxLength: 40 }), value: { type: 'number' }, remark: note },
      },
    }, async (request, reply) => {
      const sample = find(request);
      if (!sample) return missing(reply);
      const { quantity, value, remark = '' } = request.body;
      sample.measurements.push({ quantity, value, remark });
      touch(request.scientist);
      return reply.code(201).send(shown(sample));
    });

    add('POST', '/samples/discard', 'discardSamples', 'Discard several samples; all of them have to be yours', {
      body: {
        type: 'object',
        required: ['sampleIds'],
        properties: { sampleIds: { type: 'array', minItems: 1, maxItems: 50, items: s() } },
      },
    }, async (request, reply) => {
      const { sampleIds } = request.body;
      const checked = LEAKS.has('discard-first-only') ? sampleIds.slice(0, 1) : sampleIds;
      if (!checked.every((id) => find(request, id))) return missing(reply);
      for (const id of sampleIds) {
        const sample = samples.get(id);
        if (sample) sample.state = 'discarded';
      }
      touch(request.scientist);
      return { discarded: sampleIds };
    });

    add('GET', '/boxes', 'listBoxes', 'Your boxes and the labels in them', {}, async (request) => {
      const boxes = {};
      for (const sample of ofCaller(request)) (boxes[sample.box || '(none)'] ??= []).push(sample.label);
      return Object.entries(boxes).map(([box, labels]) => ({ box, labels }));
    });

    add('GET', '/export', 'exportSamples', 'Your samples as JSON lines', {}, async (request, reply) => {
      reply.type('application/x-ndjson');
      return ofCaller(request).map((sample) => `${JSON.stringify(shown(sample))}\n`).join('');
    });
  });
}

async function main() {
  await app.register(require('@fastify/swagger'), {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'Lab bench', version: '0.9.0' },
      components: { securitySchemes: { session: { type: 'apiKey', in: 'header', name: 'X-Session-Key' } } },
    },
  });
  await app.register(routes, { prefix: '/lab' });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' });
}
process.on('SIGTERM', () => {
  app.server.closeAllConnections();
  app.close().then(() => process.exit(0));
});
main();
