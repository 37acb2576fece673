"""A dispute as it is sent to the vendor: the letter, and the evidence beside it."""
