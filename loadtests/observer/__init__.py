"""What is seen inside a service under load: who holds what, who waits for what."""
