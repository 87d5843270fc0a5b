"""The `crosstalk` command: options, and one module a verb."""
