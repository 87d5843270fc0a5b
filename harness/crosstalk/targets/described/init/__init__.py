"""Looks at a server and writes the `crosstalk.toml` that describes it."""
