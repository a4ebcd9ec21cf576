"""What stands in for the outside on a developer's machine and in tests; never deployed.

S3 is SeaweedFS (`seaweed`) or, in memory, moto's server (`s3`). Blackbox is a simulator (`blackbox`) that
plays the faults of `faults` on request.
`python -m videogen.local` starts what the environment does not name.
"""
