"""Simulated users and their accounts."""
