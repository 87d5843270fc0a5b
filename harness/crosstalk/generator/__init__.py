"""Decides calls: parts of a plan, and a Hypothesis state machine with one module a rule.

`plan` makes what a campaign tries once and the search after it, `survey` and `rules` make the
situations, `shares` what a policy lets users share; `examples` are what all of them act in, and
`values` the arguments of their calls.
"""
