"""Cost of one client's hostile input to other clients, in figures, before and after a change.

Each module is one fault of a service under attack: it starts the reference system, attacks it over
loopback with a bounded number of requests, and says what that cost. Nothing is asserted here; the
tests of the limits do that. `python -m benchmarks.hostile --before REVISION` measures two states of
`system/` in one run, since figures of two machines cannot be compared.
"""
