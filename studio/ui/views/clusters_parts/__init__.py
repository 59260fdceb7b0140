"""Parts of the Clusters view."""
