"""The reference system as a target: surfaces, credentials, sessions, reset."""
