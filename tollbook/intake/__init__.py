"""Intake: from a file in the inbox to bills that the engine can judge."""
