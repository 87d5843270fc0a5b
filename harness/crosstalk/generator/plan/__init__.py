"""Parts of a campaign's plan: what is tried once, before anything is searched at random."""
