"""Readers of vendor formats, one module each; they know formats and nothing else."""
