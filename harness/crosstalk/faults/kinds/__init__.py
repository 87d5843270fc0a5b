"""Kinds of faults, by what they touch; `FAULTS` in `catalog` has each with its target."""
