"""The wire between the processes of the box: one Unix socket, one JSON message per line, one catalogue (`api.py`)."""
