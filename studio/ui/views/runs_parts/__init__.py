"""The parts of the Runs view."""
