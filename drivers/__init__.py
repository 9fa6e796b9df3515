"""Drivers for what is plugged into the box: line cards, modems, GPIO.

Knows nothing of `appliance`; the line and modem daemons use it. Hardware-independent arithmetic (frames, AT dialogue,
PDU) is pure and lives beside the ports that move the bytes.
"""
