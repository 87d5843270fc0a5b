"""Decides calls: a Hypothesis state machine with one module a rule."""
