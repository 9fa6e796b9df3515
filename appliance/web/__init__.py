"""The web process: pages, REST and the live WebSocket of agents, supervisors and administrators, on one port.

It decides nothing about calls: every action is a request to the brain (`ipc/api.py`), every number comes from the
brain's status tree or from the read-only `store/views.py`. It checks who somebody is and what the role may do.
"""
