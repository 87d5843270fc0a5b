"""Correct systems, each run with several seeds: whatever is found in one is a false finding.

They are the reference system, the ten correct servers of `tests/strangers/sound`, every server of
the corpus with none of its leaks switched on, and the example servers with policies. `twins` lists
them, and `python -m benchmarks.clean_twins` runs them.
"""
