"""Reference sheets: reading them, previewing what a load would change, and laying them out for a new site."""
