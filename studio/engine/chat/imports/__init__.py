"""Formats of threads that other programs export, one file each."""
