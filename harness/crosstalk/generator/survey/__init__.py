"""Survey: after the first sweep, every opportunity of every oracle once, the likeliest leaks first.

The sweep has every operation served, and asks for another's object once in each parameter. What it
leaves to chance is made here on purpose: readings around all that a neighbour may do, another's
object in every other form in which it can be named, words that are taken, and objects that were
removed. The random rules have the calls that are left.
"""
