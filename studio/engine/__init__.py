"""Everything the studio does, without a window: no module below this one imports Qt."""
