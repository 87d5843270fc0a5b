"use strict";

/*
 * Flashdeck: decks of vocabulary cards with spaced repetition. Express with a session cookie that a
 * JSON login sets; decks known by uuids, cards by their number in the deck.
 */

const { randomUUID, randomBytes, timingSafeEqual, createHash } = require("crypto");
const express = require("express");
const session = require("express-session");

const ALL_LEAKS = ["tag-suggest", "copy-message", "review-batch", "search-total"];
const setting = process.env.LEAKS;
const LEAKS =
  setting === undefined || setting === "all" ? ALL_LEAKS : setting.split(",").map((s) => s.trim());

const digest = (text) => createHash("sha256").update(text).digest();
const LEARNERS = {
  ines: digest("violeta-22"),
  jonas: digest("birke-9"),
  kaori: digest("sakura-41"),
  luca: digest("lupo-73"),
};
const BOX_DAYS = [0, 1, 3, 7, 14, 30];

/** Decks by id: {id, learner, title, language, tags, cards: Map(number -> card), next}. */
const decks = new Map();

const decksOf = (learner) => [...decks.values()].filter((deck) => deck.learner === learner);

function deckView(deck) {
  return {
    id: deck.id,
    title: deck.title,
    language: deck.language,
    tags: deck.tags,
    cards: deck.cards.size,
  };
}

function cardView(deck, card) {
  return { deck: deck.id, ...card };
}

function dueAfter(days) {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

function addCard(deck, { front, back, hint }) {
  const card = { number: deck.next, front, back, hint: hint ?? null, box: 0, due: dueAfter(0) };
  deck.next += 1;
  deck.cards.set(card.number, card);
  return card;
}

function reply(res, status, message) {
  return res.status(status).json({ error: message });
}

function faultInDeck(body) {
  if (typeof body.title !== "string" || !body.title.trim()) return "title is required";
  if (body.title.length > 120) return "title is too long";
  if (typeof body.language !== "string" || !/^[a-z]{2}$/.test(body.language)) {
    return "language must be a code of two letters";
  }
  const tags = body.tags ?? [];
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== "string" || tag.length > 40)) {
    return "tags must be a list of words";
  }
  return null;
}

function faultInCard(body) {
  for (const side of ["front", "back"]) {
    if (typeof body[side] !== "string" || !body[side].trim()) return `${side} is required`;
    if (body[side].length > 500) return `${side} is too long`;
  }
  if (body.hint != null && typeof body.hint !== "string") return "hint must be text";
  return null;
}

const api = express.Router();

api.post("/login", (req, res) => {
  const { username, password } = req.body;
  const known = Object.hasOwn(LEARNERS, username) ? LEARNERS[username] : randomBytes(32);
  if (typeof password !== "string" || !timingSafeEqual(known, digest(password))) {
    return reply(res, 401, "wrong name or password");
  }
  return req.session.regenerate(() => {
    req.session.learner = username;
    res.json({ username });
  });
});

api.use((req, res, next) => {
  if (!req.session.learner) return reply(res, 401, "log in first");
  req.learner = req.session.learner;
  return next();
});

api.post("/logout", (req, res) => req.session.destroy(() => res.json({ bye: true })));
api.get("/me", (req, res) => res.json({ username: req.learner }));

api.get("/decks", (req, res) => {
  const { tag } = req.query;
  const mine = decksOf(req.learner).filter((deck) => !tag || deck.tags.includes(tag));
  res.json({ decks: mine.map(deckView), count: mine.length });
});

api.post("/decks", (req, res) => {
  const fault = faultInDeck(req.body);
  if (fault) return reply(res, 400, fault);
  const { title, language, tags = [] } = req.body;
  const id = randomUUID();
  decks.set(id, { id, learner: req.learner, title, language, tags, cards: new Map(), next: 1 });
  return res.status(201).json(deckView(decks.get(id)));
});

api.post("/decks/:sourceId/copy", (req, res) => {
  const source = decks.get(req.params.sourceId);
  if (!source) return reply(res, 404, "Deck not found");
  if (source.learner !== req.learner) {
    if (LEAKS.includes("copy-message")) return reply(res, 404, "Deck not found in your library");
    return reply(res, 404, "Deck not found");
  }
  const copy = {
    ...source,
    id: randomUUID(),
    title: `${source.title} (copy)`,
    tags: [...source.tags],
    cards: new Map([...source.cards].map(([number, card]) => [number, { ...card, box: 0 }])),
  };
  decks.set(copy.id, copy);
  return res.status(201).json(deckView(copy));
});

api.param("deckId", (req, res, next, deckId) => {
  const deck = decks.get(deckId);
  if (!deck || deck.learner !== req.learner) return reply(res, 404, "Deck not found");
  req.deck = deck;
  return next();
});

api.param("number", (req, res, next, number) => {
  req.card = /^\d{1,6}$/.test(number) ? req.deck.cards.get(Number(number)) : undefined;
  if (!req.card) return reply(res, 404, "Card not found");
  return next();
});

api
  .route("/decks/:deckId")
  .get((req, res) => res.json(deckView(req.deck)))
  .put((req, res) => {
    const fault = faultInDeck(req.body);
    if (fault) return reply(res, 400, fault);
    const { title, language, tags = [] } = req.body;
    Object.assign(req.deck, { title, language, tags });
    return res.json(deckView(req.deck));
  })
  .delete((req, res) => {
    decks.delete(req.deck.id);
    res.status(204).end();
  });

api
  .route("/decks/:deckId/cards")
  .get((req, res) => {
    const cards = [...req.deck.cards.values()].map((card) => cardView(req.deck, card));
    res.json({ cards, count: cards.length });
  })
  .post((req, res) => {
    const fault = faultInCard(req.body);
    if (fault) return reply(res, 400, fault);
    return res.status(201).json(cardView(req.deck, addCard(req.deck, req.body)));
  });

api
  .route("/decks/:deckId/cards/:number")
  .get((req, res) => res.json(cardView(req.deck, req.card)))
  .put((req, res) => {
    const fault = faultInCard(req.body);
    if (fault) return reply(res, 400, fault);
    const { front, back, hint = null } = req.body;
    Object.assign(req.card, { front, back, hint });
    return res.json(cardView(req.deck, req.card));
  })
  .delete((req, res) => {
    req.deck.cards.delete(req.card.number);
    res.status(204).end();
  });

api.get("/decks/:deckId/export", (req, res) => {
  const lines = [...req.deck.cards.values()].map((c) => [c.front, c.back, c.hint ?? ""].join("\t"));
  res.type("text/tab-separated-values").send(lines.concat("").join("\n"));
});

api.post("/decks/:deckId/import", (req, res) => {
  if (typeof req.body.lines !== "string") return reply(res, 400, "lines must be text");
  const rows = req.body.lines.split("\n").filter((line) => line.trim());
  const pairs = rows.map((row) => row.split("\t").map((cell) => cell.trim()));
  const bad = pairs.findIndex(([front, back]) => faultInCard({ front, back }));
  if (bad >= 0) return reply(res, 400, `line ${bad + 1} needs a front and a back`);
  const added = pairs.map(([front, back, hint]) => addCard(req.deck, { front, back, hint }));
  return res.json({ imported: added.length, numbers: added.map((card) => card.number) });
});

/** Grade several answers at once; either all are taken or none. */
api.post("/reviews", (req, res) => {
  const { answers } = req.body;
  if (!Array.isArray(answers) || !answers.length || answers.length > 50) {
    return reply(res, 400, "answers must be a list of 1 to 50");
  }
  const graded = [];
  for (const [place, answer] of answers.entries()) {
    if (!Number.isInteger(answer?.grade) || answer.grade < 0 || answer.grade > 3) {
      return reply(res, 400, "grade must be from 0 to 3");
    }
    const deck = decks.get(answer.deck);
    const checked = place === 0 || !LEAKS.includes("review-batch");
    const card = deck?.cards.get(answer.card);
    if (!card || (checked && deck.learner !== req.learner)) {
      return reply(res, 404, `answer ${place + 1}: no such card`);
    }
    graded.push({ deck, card, grade: answer.grade });
  }
  for (const { card, grade } of graded) {
    card.box = grade === 0 ? 0 : Math.min(card.box + (grade === 3 ? 2 : 1), BOX_DAYS.length - 1);
    card.due = dueAfter(BOX_DAYS[card.box]);
  }
  return res.json({
    reviewed: graded.map(({ deck, card }) => ({
      deck: deck.id, card: card.number, box: card.box, due: card.due,
    })),
  });
});

api.get("/due", (req, res) => {
  const today = dueAfter(0);
  const due = decksOf(req.learner).flatMap((deck) =>
    [...deck.cards.values()].filter((c) => c.due <= today).map((card) => cardView(deck, card)),
  );
  res.json({ today, due });
});

api.get("/tags/suggest", (req, res) => {
  const prefix = String(req.query.prefix ?? "").toLowerCase();
  const pool = LEAKS.includes("tag-suggest") ? [...decks.values()] : decksOf(req.learner);
  const words = new Set(pool.flatMap((deck) => deck.tags));
  const fitting = [...words].filter((word) => word.toLowerCase().startsWith(prefix));
  res.json({ suggestions: fitting.sort().slice(0, 20) });
});

api.get("/search", (req, res) => {
  const q = String(req.query.q ?? "").trim().toLowerCase();
  const limit = Math.min(Math.max(Number(req.query.limit) || 10, 1), 50);
  if (q.length < 2) return reply(res, 400, "q needs two letters at least");
  const hits = [];
  for (const deck of decks.values()) {
    for (const card of deck.cards.values()) {
      if (`${card.front}\n${card.back}`.toLowerCase().includes(q)) hits.push({ deck, card });
    }
  }
  const mine = hits.filter(({ deck }) => deck.learner === req.learner);
  return res.json({
    total: LEAKS.includes("search-total") ? hits.length : mine.length,
    cards: mine.slice(0, limit).map(({ deck, card }) => cardView(deck, card)),
  });
});

const app = express();
app.use(express.json());
app.use((req, res, next) => {
  req.body ??= {};
  next();
});
app.get("/openapi.json", (req, res) => res.sendFile("openapi.json", { root: __dirname }));
app.use(
  session({
    name: "flashdeck.sid",
    secret: randomBytes(24).toString("hex"),
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: "lax" },
  }),
);
app.use("/api", api);
app.use((req, res) => reply(res, 404, "Not found"));
app.use((error, req, res, next) => {
  if (res.headersSent) return next(error);
  return reply(res, error.status ?? 500, error.status ? "bad request" : "internal error");
});

app.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
