"""Objects behind s3:// addresses: folders of this computer, or a store that speaks S3."""
