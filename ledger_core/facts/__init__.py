"""The values: bills, charges, chart strings, postings, entries, facts."""
