"""Load: topologies that stall and one that must not, and what drives and watches them."""
