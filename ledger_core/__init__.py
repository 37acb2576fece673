"""The ledger engine: values, policy, store and projections, with no vendor's format in it."""
