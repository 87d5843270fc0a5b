"""Phases of a campaign beside the generated examples, each with an oracle of its own."""
