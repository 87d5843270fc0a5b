"""Rules in which users work with their own data: what attacks are made on and controls count."""
