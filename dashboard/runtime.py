"""The things with a lifetime, built once per process."""
