"""Rules that a policy asks for: calls that it refuses, and calls that it permits for a time."""
