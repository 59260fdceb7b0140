"""Questions to the datasets, in SQL or in words; everything runs on the locked connection."""
