"""One file per format of datasets."""
