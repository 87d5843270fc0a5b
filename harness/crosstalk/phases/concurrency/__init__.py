"""Concurrency: the same calls by one client alone, and by many clients at once.

A *plan* is what one client does, drawn from the seed by doing it once alone. Other clients do the
same alone, which shows what of it is the same for every user. Then all clients do it at once, each
on fresh data of its own, over connections that they share or have for themselves, while some abort
their requests. `oracle` judges what each of them was answered.

Whether two calls meet is up to the system under test and its machine: the seed fixes who calls
what, over which connection, and after which pauses, and no more.
"""

from crosstalk.phases.concurrency.phase import ConcurrencyPhase

__all__ = ["ConcurrencyPhase"]
