"""Processor time that a chat costs the backend, by what it is spent on."""
