"""Benchmarks: the system's speed as ratios to known anchors, taken within one run.

Absolute figures say more about the machine than about the code. Each figure here is a ratio of two
things that are measured alternately (A B B A ...) on the same machine within the same minute.
`side_by_side` compares something else: how many planted leaks other tools find.
"""
