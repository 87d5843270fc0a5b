"""The planted leaks, put before the public tools that a team would reach for, and before Crosstalk.

Each tool is installed from PyPI into an environment of its own and run as its manual says, with the
credentials of both users wherever it has a use for them. A tool *kills* a mutant when it reports
something there that it reports in none of its runs over the unpatched system: noise and remarks
that hold for the real system as well count for nothing, anything else counts, whatever it says.

The tools are not competitors: each was made for a question of its own, which the table repeats. It
shows what is left unasked when one of them is all that a team runs.
"""
