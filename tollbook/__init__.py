"""The application: commands, intake, extensions and the synthetic city, around the engine."""
