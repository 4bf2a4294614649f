"""The things with a lifetime, built once per process; filled in as the parts arrive."""
