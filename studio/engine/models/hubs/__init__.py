"""Hubs of models, one file for each way they speak."""
