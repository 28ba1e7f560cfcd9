"""Delete the contents of S3 buckets as fast as S3 takes it: lists and deletes at once, over many connections.

``engine`` is the way in (port `runner.model.bulk.Bulk`). What makes it quick is that no object exists per key: a page
of a listing becomes the body of a deletion and the manifest for the log by a few operations on bytes.
"""
