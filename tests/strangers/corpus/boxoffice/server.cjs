'use strict';
/* Box office: a programme of shows, and orders of tickets for them. Express, JSON, tokens signed here. */
const crypto = require('node:crypto');
const express = require('express');

const PLANTED = ['receipt-cache', 'attendee-late-check', 'reference-clash'];
const asked = (process.env.LEAKS ?? 'all').split(',').filter(Boolean);
const LEAKS = new Set(asked.includes('all') ? PLANTED : asked);

const SECRET = crypto.randomBytes(32);
const SHOWS = [
  { slug: 'hamlet-in-the-park', title: 'Hamlet in the Park', venue: 'Rose Garden', price: 2400 },
  { slug: 'late-night-jazz', title: 'Late Night Jazz', venue: 'Cellar Nine', price: 1800 },
  { slug: 'puppets-for-all', title: 'Puppets for All', venue: 'Town Hall', price: 900 },
  { slug: 'choir-of-the-north', title: 'Choir of the North', venue: 'St. Olaf', price: 3100 },
];
const customers = new Map(); // email -> {id, email, salt, hash, orders: []}
const byId = new Map();
const tickets = new Map(); // ticket id -> {id, customer, order, attendee, ...}
const receipts = new Map();

const sign = (text) => crypto.createHmac('sha256', SECRET).update(text).digest('base64url');
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
function issueToken(customer) {
  const claims = { sub: customer.id, exp: Math.floor(Date.now() / 1000) + 86400 };
  const head = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${head}.${sign(head)}`;
}
function readToken(token) {
  const parts = token.split('.');
  if (parts.length !== 3 || sign(`${parts[0]}.${parts[1]}`) !== parts[2]) return null;
  const claims = JSON.parse(Buffer.from(parts[1], 'base64url').toString());
  return claims.exp > Date.now() / 1000 ? byId.get(claims.sub) : null;
}
const problem = (res, status, message) => res.status(status).json({ error: { status, message } });

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use(express.json({ limit: '64kb' }));

function validCredentials(body) {
  return (
    typeof body?.email === 'string' &&
    /^[^@\s]+@[^@\s]+$/.test(body.email) &&
    typeof body.password === 'string' &&
    body.password.length >= 6
  );
}

app.post('/auth/signup', (req, res) => {
  if (!validCredentials(req.body)) return problem(res, 422, 'email and password (6+) are needed');
  const email = req.body.email.toLowerCase();
  if (customers.has(email)) return problem(res, 409, 'That address has an account');
  const salt = crypto.randomBytes(8).toString('hex');
  const hash = crypto.scryptSync(req.body.password, salt, 32, { N: 1024 });
  const customer = { id: crypto.randomUUID(), email, salt, hash, orders: [] };
  customers.set(email, customer);
  byId.set(customer.id, customer);
  res.status(201).json({ token: issueToken(customer) });
});

app.post('/auth/login', (req, res) => {
  if (!validCredentials(req.body)) return problem(res, 422, 'email and password (6+) are needed');
  const customer = customers.get(req.body.email.toLowerCase());
  const given = crypto.scryptSync(req.body.password, customer?.salt ?? 'none', 32, { N: 1024 });
  if (!customer || !crypto.timingSafeEqual(given, customer.hash)) {
    return problem(res, 401, 'Wrong address or password');
  }
  res.json({ token: issueToken(customer) });
});

app.get('/openapi.json', (req, res) => res.json(DOCUMENT));
app.get('/shows', (req, res) => {
  const word = String(req.query.q ?? '').toLowerCase();
  res.json(SHOWS.filter((show) => show.title.toLowerCase().includes(word)));
});

app.use((req, res, next) => {
  const [scheme, token] = (req.get('authorization') ?? '').split(' ');
  let customer = null;
  try {
    if (scheme.toLowerCase() === 'bearer' && token) customer = readToken(token);
  } catch {
    customer = null;
  }
  if (!customer) return problem(res, 401, 'Sign in first');
  req.customer = customer;
  next();
});

const ticketView = ({ id, attendee, seat_wish }) => ({ id, attendee, seat_wish });
const orderView = (order) => ({
  number: order.number,
  reference: order.reference,
  show: order.show.slug,
  status: order.status,
  message: order.message,
  total: order.status === 'cancelled' ? 0 : order.show.price * order.tickets.length,
  tickets: order.tickets.map(ticketView),
});
function findOrder(req, res) {
  const order = req.customer.orders.find((each) => String(each.number) === req.params.number);
  if (!order) problem(res, 404, 'No such order');
  return order;
}
const isText = (value, longest) =>
  typeof value === 'string' && value.trim() !== '' && value.length <= longest;

app.get('/orders', (req, res) => {
  const { status } = req.query;
  const own = req.customer.orders.filter((each) => !status || each.status === status);
  res.json({ count: own.length, orders: own.map(orderView) });
});

app.post('/orders', (req, res) => {
  const { show: slug, attendees, reference, message } = req.body ?? {};
  const show = SHOWS.find((each) => each.slug === slug);
  if (!show) return problem(res, 422, 'No show of that slug is on the programme');
  if (!Array.isArray(attendees) || !attendees.length || attendees.length > 8) {
    return problem(res, 422, 'attendees: one to eight names');
  }
  if (!attendees.every((name) => isText(name, 80))) return problem(res, 422, 'A name is 1 to 80 long');
  if (message !== undefined && !(typeof message === 'string' && message.length <= 400)) {
    return problem(res, 422, 'message: at most 400 long');
  }
  if (reference !== undefined && !isText(reference, 40)) {
    return problem(res, 422, 'reference: 1 to 40 long');
  }
  if (reference !== undefined) {
    const pool = LEAKS.has('reference-clash') ? [...byId.values()] : [req.customer];
    if (pool.some((each) => each.orders.some((order) => order.reference === reference))) {
      return problem(res, 409, 'There is an order of this reference');
    }
  }
  const order = {
    number: req.customer.orders.length + 1,
    reference: reference ?? null,
    show,
    status: 'paid',
    message: message ?? '',
    tickets: [],
  };
  for (const attendee of attendees) {
    const ticket = { id: crypto.randomUUID(), customer: req.customer.id, order, attendee, seat_wish: '' };
    tickets.set(ticket.id, ticket);
    order.tickets.push(ticket);
  }
  req.customer.orders.push(order);
  res.status(201).json(orderView(order));
});

app.get('/orders/:number', (req, res) => {
  const order = findOrder(req, res);
  if (order) res.json(orderView(order));
});

app.patch('/orders/:number', (req, res) => {
  const order = findOrder(req, res);
  if (!order) return;
  const { message } = req.body ?? {};
  if (!(typeof message === 'string' && message.length <= 400)) {
    return problem(res, 422, 'message: at most 400 long');
  }
  order.message = message;
  receipts.delete(receiptKey(req, order));
  res.json(orderView(order));
});

app.post('/orders/:number/cancel', (req, res) => {
  const order = findOrder(req, res);
  if (!order) return;
  if (order.status === 'cancelled') return problem(res, 409, 'It is cancelled already');
  order.status = 'cancelled';
  receipts.delete(receiptKey(req, order));
  res.json(orderView(order));
});

function receiptKey(req, order) {
  return LEAKS.has('receipt-cache') ? `receipt/${order.number}` : `${req.customer.id}/${order.number}`;
}

app.get('/orders/:number/receipt', (req, res) => {
  const order = findOrder(req, res);
  if (!order) return;
  const key = receiptKey(req, order);
  if (!receipts.has(key)) {
    const view = orderView(order);
    const lines = [
      `Order ${view.number}: ${order.show.title}, ${order.show.venue}`,
      `Bought by ${req.customer.email}`,
      ...view.tickets.map((ticket) => `  1 x ${ticket.attendee}`),
      `Message: ${view.message}`,
      `Total ${(view.total / 100).toFixed(2)}`,
    ];
    receipts.set(key, `${lines.join('\n')}\n`);
  }
  res.type('text/plain').send(receipts.get(key));
});

app.get('/tickets/:ticket_id', (req, res) => {
  const ticket = tickets.get(req.params.ticket_id);
  if (!ticket || ticket.customer !== req.customer.id) return problem(res, 404, 'No such ticket');
  res.json({ ...ticketView(ticket), order: ticket.order.number, show: ticket.order.show.title });
});

app.put('/tickets/:ticket_id/attendee', (req, res) => {
  const { attendee, seat_wish: wish = '' } = req.body ?? {};
  if (!isText(attendee, 80) || typeof wish !== 'string' || wish.length > 200) {
    return problem(res, 422, 'attendee: 1 to 80 long; seat_wish: at most 200');
  }
  const ticket = tickets.get(req.params.ticket_id);
  const change = () => {
    Object.assign(ticket, { attendee, seat_wish: wish });
    for (const key of receipts.keys()) {
      if (key.endsWith(`/${ticket.order.number}`) && key.startsWith(ticket.customer)) receipts.delete(key);
    }
  };
  if (ticket && LEAKS.has('attendee-late-check')) change();
  if (!ticket || ticket.customer !== req.customer.id) return problem(res, 404, 'No such ticket');
  change();
  res.json(ticketView(ticket));
});

app.use((req, res) => problem(res, 404, 'No such page'));
app.use((error, req, res, next) => problem(res, error.status ?? 500, 'The request cannot be read'));

const text = { type: 'string' };
const object = (properties, required = Object.keys(properties)) => ({ type: 'object', properties, required });
const takes = (schema) => ({ required: true, content: { 'application/json': { schema } } });
const path = (name, schema = text) => ({ name, in: 'path', required: true, schema });
const query = (name) => ({ name, in: 'query', schema: text });
const operation = (operationId, summary, more = {}, status = '200') => ({
  operationId,
  summary,
  responses: { [status]: { description: 'done' } },
  ...more,
});
const number = path('number', { type: 'integer' });
const account = object({ email: { ...text, format: 'email' }, password: { ...text, minLength: 6 } });
const order = object(
  {
    show: { ...text, enum: SHOWS.map((show) => show.slug) },
    attendees: { type: 'array', minItems: 1, maxItems: 8, items: { ...text, minLength: 1, maxLength: 80 } },
    reference: { ...text, description: 'your own reference, one order each', minLength: 1, maxLength: 40 },
    message: { ...text, maxLength: 400 },
  },
  ['show', 'attendees'],
);
const attendee = object({ attendee: { ...text, minLength: 1, maxLength: 80 }, seat_wish: text }, ['attendee']);
const open = { security: [] };
const DOCUMENT = {
  openapi: '3.0.3',
  info: { title: 'Box office', version: '2.1.0' },
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  security: [{ token: [] }],
  paths: {
    '/auth/signup': { post: operation('signUp', 'Open an account', { ...open, requestBody: takes(account) }, '201') },
    '/auth/login': { post: operation('logIn', 'Get a token', { ...open, requestBody: takes(account) }) },
    '/shows': { get: operation('listShows', 'The programme, for everybody', { ...open, parameters: [query('q')] }) },
    '/orders': {
      get: operation('listOrders', 'Your orders', { parameters: [query('status')] }),
      post: operation('placeOrder', 'Buy tickets', { requestBody: takes(order) }, '201'),
    },
    '/orders/{number}': {
      get: operation('getOrder', 'One of your orders', { parameters: [number] }),
      patch: operation('editOrder', 'Change the message on an order', {
        parameters: [number],
        requestBody: takes(object({ message: { ...text, maxLength: 400 } })),
      }),
    },
    '/orders/{number}/cancel': { post: operation('cancelOrder', 'Cancel an order', { parameters: [number] }) },
    '/orders/{number}/receipt': { get: operation('getReceipt', 'A receipt as text', { parameters: [number] }) },
    '/tickets/{ticket_id}': { get: operation('getTicket', 'One ticket', { parameters: [path('ticket_id')] }) },
    '/tickets/{ticket_id}/attendee': {
      put: operation('nameAttendee', 'Say who comes', {
        parameters: [path('ticket_id')],
        requestBody: takes(attendee),
      }),
    },
  },
};

const server = app.listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGTERM', () => {
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
