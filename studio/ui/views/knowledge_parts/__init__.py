"""Parts of the Knowledge view."""
