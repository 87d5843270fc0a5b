"""Growth of what a campaign costs, with the system's operations and with the campaign's calls."""
