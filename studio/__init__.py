"""ONE Data Studio: data and models in one place, on one workstation."""

__version__ = "0.1.0"
