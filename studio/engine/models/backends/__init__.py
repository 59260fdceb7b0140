"""One file per backend; the registry finds them."""
