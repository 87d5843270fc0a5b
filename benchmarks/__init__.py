"""How fast the system is, as ratios that are taken within one run against something known.

Absolute figures say more about the machine than about the code. Each figure here is a ratio of two
things that are measured in turns (A B B A ...) on the same machine within the same minute.
`side_by_side` compares something else: what other tools see of the planted leaks.
"""
