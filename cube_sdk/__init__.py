"""The client of ONE Data Studio: datasets from a running studio, or from this user's own catalog without one.

    from cube_sdk import Dataset
    Dataset.get("ds-001").read()

Settings: `ONE_DATA_URL` and `ONE_DATA_TOKEN` name a studio; without them this user's running studio is found by itself.
"""

from cube_sdk.dataset import Dataset, Version
from cube_sdk.errors import ConnectionFailed, CubeError, DatasetNotFound, PermissionDenied

__all__ = ["ConnectionFailed", "CubeError", "Dataset", "DatasetNotFound", "PermissionDenied", "Version"]
