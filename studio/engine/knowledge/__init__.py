"""Documents, read and found again: readers, chunks with exact places, dense and keyword search, citations."""
