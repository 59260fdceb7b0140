"""Other studios and servers that a person connected, and how they are."""
