"""Threads of questions and answers over documents and datasets, every word on disk as it is shown."""
