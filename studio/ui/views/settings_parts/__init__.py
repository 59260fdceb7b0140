"""The pages of the Settings view that are not made from declared settings."""
