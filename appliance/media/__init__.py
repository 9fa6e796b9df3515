"""The media worker: one pjsua2 endpoint that holds SIP legs, connects them, plays to them and records them.

It decides nothing. The brain orders over its socket, the worker reports what happened; while the brain is
away calls go on as they are and the reports are kept. No pjsua2 object leaves this package.

Read `worker.py` (the loop and its one thread rule), `switchboard.py` (orders and reports), `leg.py`,
`bridge.py`.
"""
