"""The parts of the workflows view."""
