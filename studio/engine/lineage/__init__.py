"""Where data comes from and what uses it, down to columns."""
