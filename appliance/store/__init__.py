"""What the box remembers: one SQLite file (PostgreSQL for a site that outgrew one box), and the only place
with SQL.

Read `schema.py` (what is kept), `db.py` (opening it), `journal.py` (the brain's hot path), `records.py`
(history as a fold over facts), `directory.py` (what the administrator configured) and `views.py` (what the
web may read), in this order. Only the brain writes. This package decides nothing about calls and never logs
what customers said.
"""
