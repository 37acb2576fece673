"""The built-in extensions that are not importers: checks, allocation bases, exporters."""
