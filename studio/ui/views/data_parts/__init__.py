"""The parts of the Data view."""
