"""The window. Only here lives Qt."""
