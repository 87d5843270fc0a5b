"""Acceptance of findings by a project: a baseline, waivers, and how a run is judged by them.

A baseline names what was known when it was written; a waiver accepts one finding until a date. Both
go by a finding's `fingerprint`, which is equal across seeds, ids and machines. Neither changes the
verdict of a run: what crosses still crosses. They decide whether the command fails.
"""
