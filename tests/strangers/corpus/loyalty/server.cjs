'use strict';
/* Loyalty: members collect points on the cards of shops and turn them into vouchers. Hono. */
const { randomBytes } = require('node:crypto');
const { Hono } = require('hono');
const { serve } = require('@hono/node-server');

const PLANTED = ['merge-source', 'voucher-answers', 'insight-totals'];
const asked = (process.env.LEAKS ?? 'all').split(',').filter(Boolean);
const LEAKS = new Set(asked.includes('all') ? PLANTED : asked);

const KEYS = { 'lp_7f21_mira': 'mira', 'lp_0c9e_noor': 'noor', 'lp_b3d4_otto': 'otto', 'lp_55aa_pia': 'pia' };
const REWARDS = [
  { code: 'COFFEE', label: 'A cup of coffee', cost: 50 },
  { code: 'CAKE', label: 'A slice of cake', cost: 90 },
  { code: 'BREAKFAST', label: 'Breakfast for two', cost: 300 },
];
let cards = [];
let movements = [];
const vouchers = {};

const shortCode = (letters) => letters + randomBytes(5).toString('hex').toUpperCase();
const app = new Hono();
const fail = (c, status, reason) => c.json({ ok: false, reason }, status);
const done = (c, data, status = 200) => c.json({ ok: true, data }, status);

app.onError((error, c) => fail(c, error instanceof SyntaxError ? 400 : 500, 'cannot be read'));
app.notFound((c) => fail(c, 404, 'nothing here'));
app.get('/openapi.json', (c) => c.json(specification));
app.get('/v1/rewards', (c) => done(c, REWARDS));

app.use('/v1/*', async (c, next) => {
  const member = Object.hasOwn(KEYS, c.req.header('x-api-key') ?? '') && KEYS[c.req.header('x-api-key')];
  if (!member) return fail(c, 401, 'an X-Api-Key is needed');
  c.set('member', member);
  await next();
});

async function fields(c) {
  const body = await c.req.json();
  return body && typeof body === 'object' && !Array.isArray(body) ? body : {};
}
const pub = ({ member, ...rest }) => rest;
const ownCard = (c, id) => cards.find((card) => card.id === id && card.member === c.get('member'));

function record(card, points, reason) {
  card.points += points;
  movements.push({ id: shortCode('M'), member: card.member, card: card.id, points, reason });
}
function badText(value, longest, optional = false) {
  if (value === undefined && optional) return false;
  return typeof value !== 'string' || value.length > longest || (!optional && !value.trim());
}

app.get('/v1/cards', (c) => {
  const shop = c.req.query('shop')?.toLowerCase();
  const own = cards.filter((card) => card.member === c.get('member'));
  return done(c, own.filter((card) => !shop || card.shop.toLowerCase().includes(shop)).map(pub));
});
app.post('/v1/cards', async (c) => {
  const { shop, nickname } = await fields(c);
  if (badText(shop, 60)) return fail(c, 422, 'shop: 1 to 60 characters');
  if (badText(nickname, 120, true)) return fail(c, 422, 'nickname: at most 120 characters');
  const card = { id: shortCode('C'), member: c.get('member'), shop, nickname: nickname ?? '', points: 0 };
  cards.push(card);
  record(card, 20, 'welcome');
  return done(c, pub(card), 201);
});
app.get('/v1/cards/:card', (c) => {
  const card = ownCard(c, c.req.param('card'));
  return card ? done(c, pub(card)) : fail(c, 404, 'unknown card');
});
app.patch('/v1/cards/:card', async (c) => {
  const card = ownCard(c, c.req.param('card'));
  if (!card) return fail(c, 404, 'unknown card');
  const { nickname } = await fields(c);
  if (badText(nickname, 120)) return fail(c, 422, 'nickname: 1 to 120 characters');
  card.nickname = nickname;
  return done(c, pub(card));
});
app.delete('/v1/cards/:card', (c) => {
  const card = ownCard(c, c.req.param('card'));
  if (!card) return fail(c, 404, 'unknown card');
  cards = cards.filter((each) => each !== card);
  movements = movements.filter((each) => each.card !== card.id);
  return c.body(null, 204);
});

app.get('/v1/cards/:card/movements', (c) => {
  const card = ownCard(c, c.req.param('card'));
  if (!card) return fail(c, 404, 'unknown card');
  return done(c, movements.filter((each) => each.card === card.id).map(pub));
});
app.post('/v1/cards/:card/purchases', async (c) => {
  const card = ownCard(c, c.req.param('card'));
  if (!card) return fail(c, 404, 'unknown card');
  const { amount, memo } = await fields(c);
  if (typeof amount !== 'number' || !(amount > 0 && amount <= 1000)) {
    return fail(c, 422, 'amount: above 0, at most 1000');
  }
  if (badText(memo, 200, true)) return fail(c, 422, 'memo: at most 200 characters');
  record(card, Math.floor(amount), memo || 'purchase');
  return done(c, pub(card), 201);
});

app.post('/v1/cards/merge', async (c) => {
  const { source, target } = await fields(c);
  if (badText(source, 40) || badText(target, 40)) return fail(c, 422, 'source and target: two cards');
  if (source === target) return fail(c, 422, 'source and target are the same card');
  const into = ownCard(c, target);
  const from = LEAKS.has('merge-source') ? cards.find((card) => card.id === source) : ownCard(c, source);
  if (!into || !from) return fail(c, 404, 'unknown card');
  record(into, from.points, 'merged');
  cards = cards.filter((card) => card !== from);
  movements = movements.filter((each) => each.card !== from.id);
  return done(c, pub(into));
});

app.get('/v1/vouchers', (c) => {
  const own = Object.values(vouchers).filter((voucher) => voucher.member === c.get('member'));
  return done(c, own.map(pub));
});
app.post('/v1/vouchers', async (c) => {
  const { card: id, reward: code, dedication } = await fields(c);
  const reward = REWARDS.find((each) => each.code === code);
  if (!reward) return fail(c, 422, 'reward: one of the published codes');
  if (badText(dedication, 200, true)) return fail(c, 422, 'dedication: at most 200 characters');
  const card = typeof id === 'string' && ownCard(c, id);
  if (!card) return fail(c, 404, 'unknown card');
  if (card.points < reward.cost) return fail(c, 409, `${reward.cost - card.points} points are missing`);
  record(card, -reward.cost, reward.label);
  const voucher = { code: shortCode('V'), member: card.member, reward: code, dedication: dedication ?? '', used: false };
  vouchers[voucher.code] = voucher;
  return done(c, pub(voucher), 201);
});
app.post('/v1/vouchers/:code/redeem', (c) => {
  const code = c.req.param('code');
  const voucher = Object.hasOwn(vouchers, code) ? vouchers[code] : undefined;
  if (!voucher) return fail(c, 404, 'unknown voucher');
  if (voucher.member !== c.get('member')) {
    if (LEAKS.has('voucher-answers')) return fail(c, 409, 'this voucher cannot be redeemed here');
    return fail(c, 404, 'unknown voucher');
  }
  if (voucher.used) return fail(c, 409, 'this voucher cannot be redeemed here');
  voucher.used = true;
  return done(c, pub(voucher));
});

app.get('/v1/insights', (c) => {
  const member = c.get('member');
  const own = movements.filter((each) => each.member === member);
  const earned = own.filter((each) => each.points > 0).reduce((sum, each) => sum + each.points, 0);
  const shops = LEAKS.has('insight-totals') ? cards : cards.filter((card) => card.member === member);
  return done(c, {
    movements: own.length,
    earned,
    average: own.length ? Math.round(earned / own.length) : 0,
    shops: new Set(shops.map((card) => card.shop.toLowerCase())).size,
  });
});
app.get('/v1/statement.csv', (c) => {
  const own = movements.filter((each) => each.member === c.get('member'));
  const quoted = (value) => `"${String(value).replaceAll('"', '""')}"`;
  const rows = own.map((each) => [each.card, each.points, quoted(each.reason)].join(','));
  return c.text(['card,points,reason', ...rows].join('\n') + '\n', 200, { 'content-type': 'text/csv' });
});

const str = (maxLength, minLength = 0) => ({ type: 'string', maxLength, minLength });
const body = (required, properties) => ({
  requestBody: { required: true, content: { 'application/json': { schema: { type: 'object', required, properties } } } },
});
const inPath = (name) => ({ parameters: [{ name, in: 'path', required: true, schema: { type: 'string' } }] });
const op = (operationId, summary, ...more) =>
  Object.assign({ operationId, summary, responses: { default: { description: 'see ok' } } }, ...more);
const card = inPath('card');
const specification = {
  openapi: '3.1.0',
  info: { title: 'Loyalty', version: '1', description: 'Points on cards, vouchers for points.' },
  components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' } } },
  security: [{ key: [] }],
  paths: {
    '/v1/rewards': { get: op('rewards', 'What points buy, for everybody', { security: [] }) },
    '/v1/cards': {
      get: op('cards', 'Your cards', { parameters: [{ name: 'shop', in: 'query', schema: { type: 'string' } }] }),
      post: op('addCard', 'A new card', body(['shop'], { shop: str(60, 1), nickname: str(120) })),
    },
    '/v1/cards/merge': {
      post: op(
        'mergeCards',
        'Move all points of one of your cards to another of yours; the source is closed',
        body(['source', 'target'], { source: str(40, 1), target: str(40, 1) }),
      ),
    },
    '/v1/cards/{card}': {
      get: op('card', 'One card', card),
      patch: op('renameCard', 'A new nickname', card, body(['nickname'], { nickname: str(120, 1) })),
      delete: op('closeCard', 'Close a card', card),
    },
    '/v1/cards/{card}/movements': { get: op('movements', 'Points in and out of a card', card) },
    '/v1/cards/{card}/purchases': {
      post: op('purchase', 'Collect points', card, body(['amount'], {
        amount: { type: 'number', exclusiveMinimum: 0, maximum: 1000 },
        memo: str(200),
      })),
    },
    '/v1/vouchers': {
      get: op('vouchers', 'Your vouchers'),
      post: op('buyVoucher', 'Turn points into a voucher', body(['card', 'reward'], {
        card: str(40, 1),
        reward: { type: 'string', enum: REWARDS.map((reward) => reward.code) },
        dedication: str(200),
      })),
    },
    '/v1/vouchers/{code}/redeem': { post: op('redeem', 'Use a voucher', inPath('code')) },
    '/v1/insights': { get: op('insights', 'Your numbers: movements, points earned, shops') },
    '/v1/statement.csv': { get: op('statement', 'All your movements as CSV') },
  },
};

const server = serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: '127.0.0.1' });
process.on('SIGTERM', () => {
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
