"""What the engine asks of a plugin: protocols, records, hooks."""
