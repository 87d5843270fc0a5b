"""Comparison: planted leaks found by the public tools that a team would use, and by Crosstalk.

Each tool is installed from PyPI into an environment of its own and run as its manual says, with the
credentials of both users wherever it can use them. A tool *kills* a mutant when it reports a
finding there that it reports in none of its runs over the unpatched system: noise, and remarks that
hold for the real system as well, do not count; every other finding does.

The tools are not competitors: each was made for a question of its own, which the table repeats. It
shows which questions remain open for a team that runs one of them alone.
"""
