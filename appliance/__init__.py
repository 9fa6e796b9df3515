"""Switchroom: the programs that run on the box. `appliance.__main__` starts each of them."""
