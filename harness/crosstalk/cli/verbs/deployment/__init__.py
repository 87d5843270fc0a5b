"""Verbs that run the reference system, and check a deployment of it."""
