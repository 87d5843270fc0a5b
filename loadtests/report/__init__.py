"""Counts, verdicts and pictures of load runs."""
