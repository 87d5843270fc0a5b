"""What every environment needs from the machine: processes, ports, probes, signals, caches."""
