"""Programs that run beside a service, in its environment, where there is no harness."""
