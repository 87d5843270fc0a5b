"""Findings of leaking servers, made again by hand."""
