"""The verifier: drives a multi-user AI system over the wire and judges what crossed.

A *generator* decides calls, a *surface* makes them, everything lands in one *history*,
and *oracles* judge the history. Nothing in here imports the system under test.
"""
