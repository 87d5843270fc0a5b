"""Rules that make calls whose answers are compared with each other."""
