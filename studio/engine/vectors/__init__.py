"""Vectors: where embeddings are kept and compared. Knows nothing of documents."""
