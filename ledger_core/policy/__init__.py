"""Pure functions that decide: allocation, rounding, coding, chargeback, periods."""
