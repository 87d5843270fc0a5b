"""Evaluation of a campaign: suspicions confirmed by replay, positive controls, the result."""
