"""One sweep over several machines: an existing Dask cluster's workers list and delete, the operator's process decides.

`engine` is the operator's side, and `office` what it keeps of a sweep under way; `division` cuts the keys into ranges.
`worker` and `room` are what runs on the workers, `letters` travels between the two, and `cluster` is the way there.
"""
