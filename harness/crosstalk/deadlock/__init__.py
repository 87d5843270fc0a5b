"""Can it stall, and from how many requests at once?

A stall needs hold and wait on bounded resources in a cycle (Coffman, Elphick and Shoshani 1971). A
*topology* declares its resources and the order in which a request takes and gives them back
(`program`, `topologies`); an exhaustive search of what can happen says whether requests can end up
waiting for each other and from how many on (`search`), and names the circle (`cycle`, `drawing`).
A watchdog sees the same in a running system (`watchdog`), and what a running system was seen to
take is compared with what was declared for it (`traces`).

The search is our own: libraries for Petri nets simulate nets, mine them from logs or bring a
solver; none answers "the smallest number of requests", which needs the counting argument below.
"""
