"""Arguments of calls: drawn from schemas, from what was harvested, and from what was learnt."""
