"""Readings of the log, one each; rebuildable at will."""
