"""The one configuration file of a box: typed (`box.py`), read with exact error paths (`decode.py`,
`loader.py`).

`example.toml` is complete and commented. What an administrator changes while the box runs is not here but
in the database; the section `[import]` only fills it at the very first start.
"""
