"""Sharing as a policy permits it: offers, what is done with them, and their end."""
