"""The offline model server: stands in for the LLM over real HTTP, and plays the attacker."""
