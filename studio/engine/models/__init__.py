"""Models: the library, the engines that run them, and everything that asks them something."""
