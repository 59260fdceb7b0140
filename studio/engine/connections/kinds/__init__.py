"""One file per kind of connection."""
