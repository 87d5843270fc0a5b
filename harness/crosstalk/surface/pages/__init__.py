"""Pages that a server renders: what they say, where they lead, and the forms that they offer."""
