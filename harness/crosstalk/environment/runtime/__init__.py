"""The machine's side of every environment: processes, ports, probes, signals, caches."""
