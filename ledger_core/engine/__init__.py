"""The conductor: receive a bill, post, correct, charge back, close, prove."""
