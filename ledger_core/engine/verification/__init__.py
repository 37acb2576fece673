"""Verification: everything in the books recomputed from what was sealed, and every difference named."""
