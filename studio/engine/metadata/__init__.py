"""What people know of the data: descriptions, tags, owners, personal data, and finding all of it."""
