"""Load runs: topologies at their boundaries, the reference system, replicas, soak."""
