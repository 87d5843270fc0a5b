"""Middleware and helpers that both services put between the socket and their own code.

Structured logs with a request id, limits on what is read, and bearer tokens taken from headers:
plain ASGI (no per-request task, streams pass through untouched).
"""
