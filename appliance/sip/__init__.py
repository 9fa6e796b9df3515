"""The SIP edge: configuration, tables, process and control of Kamailio. Nothing else in Switchroom knows its syntax.

`settings` says what an edge needs to know, `process` runs it, `control` gives it orders, `events` hears what happened,
`digest` makes passwords. The routes themselves are the files in `kamailio/`.
"""
