"""Observability of a service: figures, traces, readiness, the effective configuration.

Labels and attributes are names from this code or from the configuration; never a user's id, a
token, or a text that a client sent.
"""
