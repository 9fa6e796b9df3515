"""What people type: the box in the foreground, and tables of what it does. The programs themselves are elsewhere."""
