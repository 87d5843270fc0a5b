"""Faults in a running system under load: what was acknowledged must be there once, and only there.

Users write through proxies of this package, with idempotency keys, and repeat what was not
answered. Meanwhile services and PostgreSQL are killed, paused and restarted, connections cut,
delayed and exhausted, issuer and model taken away. A ledger has every acknowledged write; at the
end of a round everything is read back.
"""
