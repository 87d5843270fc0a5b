"""Observation of a service under load: which request holds or waits for which resource.

`instrumentation` wraps the libraries in the service, `ledger` keeps what they report, `server`
answers on a port of its own, and `client` asks it from outside. `requests` are what users send.
"""
