"""The demonstration: a simulated caller and a simulated desk phone, as processes of their own that speak real SIP."""
