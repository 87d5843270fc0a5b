"""Deadlock prediction: whether a topology can stall, and from how many concurrent requests on.

A stall needs hold-and-wait on bounded resources in a cycle (Coffman, Elphick and Shoshani 1971). A
*topology* declares its resources and the order in which a request acquires and releases them
(`program`, `topologies`); an exhaustive search of the reachable states decides whether requests can
end up waiting for each other and from how many on (`search`), and names the cycle (`cycle`,
`drawing`). A watchdog detects the same in a running system (`watchdog`), and the acquisitions
observed in a running system are compared with its declaration (`traces`).

The search is our own: a topology is a Petri net, but libraries for Petri nets simulate nets, mine
them from logs or bring a solver; none answers "the smallest number of requests", which needs the
counting argument in `search`.
"""
