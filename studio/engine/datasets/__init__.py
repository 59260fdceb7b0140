"""Datasets: files registered where they lie, described, checked and read by any page."""
