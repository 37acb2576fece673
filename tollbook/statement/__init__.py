"""Department statements as files: a page that explains itself, and a table of its lines."""
