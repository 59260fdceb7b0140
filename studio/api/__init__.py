"""The HTTP face: the engine's methods as routes. Nothing is decided here that the engine does not decide."""
