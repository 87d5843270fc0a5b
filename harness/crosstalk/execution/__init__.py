"""Makes calls, records them, and replays and shrinks what was found."""
