"""Hostile input for every parser of a running system, with a victim's latency measured beside it.

Inputs come from a corpus for each surface, and from mutations of it. An answer of 5xx, a request
without an answer, another user's text, a secret in a log, memory that stays, and another user who
waits much longer than beside harmless requests at the same rate are findings.
"""
