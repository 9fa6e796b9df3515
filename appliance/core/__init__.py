"""The part that decides: pure values and functions, no clock, no I/O, no tasks.

Read `events.py` and `commands.py` (what comes in), `contact.py` (what it is about), `engine.py` (what is decided) and
`effects.py` (what goes out), in this order.
"""
