"""One file per node type. The registry finds them; nothing else lists them."""
