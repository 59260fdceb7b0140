"""Buckets and databases that a person named: their addresses in the catalog, their passwords in the keychain."""
