"""Many users at once: the same calls, alone and among others, some of them broken off.

A *plan* is what one user does, drawn from the seed by doing it once alone. Somebody else does the
same alone, which shows what of it is the same for everybody. Then a crowd does it all at once, each
on fresh data of their own, over connections that they share or have for themselves, while some go
away in the middle of their requests. `oracle` judges what each of them saw.

Whether two calls meet is up to the system under test and its machine: the seed fixes who calls
what, over which connection, and after which pauses, and no more.
"""

from crosstalk.phases.concurrency.phase import ConcurrencyPhase

__all__ = ["ConcurrencyPhase"]
