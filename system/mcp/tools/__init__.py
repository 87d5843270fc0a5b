"""The tools, one module a subject area; each registers its tools on a server."""
