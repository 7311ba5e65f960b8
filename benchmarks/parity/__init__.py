"""What frameworks say of real applications at run time, against what apilint reads from their source alone.

`python -m benchmarks.parity lnbits ckan` installs each application in an environment of its own, starts it there, takes
the framework's route table, calls every route without credentials and without any network, and compares all that with
`apilint routes --format json` over the installed source. To add an application: one file in `applications/`.
"""
