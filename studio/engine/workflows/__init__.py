"""Workflows: graphs of typed steps, run with a journal, resumed after a crash, cached by content."""
