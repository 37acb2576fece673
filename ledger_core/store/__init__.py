"""Append-only tables, the write door, and proofs read back."""
