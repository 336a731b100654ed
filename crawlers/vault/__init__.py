"""The archive of fetched bodies: WARC files under `YYYY/MM/`, in a folder or in an S3-compatible store.

`warc` knows what a record is, `store` what any place must be able to do, `folder` and `s3` are the two places, `writer`
and `reader` what the crawl and the stages work with, `place` where it all lies.
"""
