"""Document readers, one file each."""
