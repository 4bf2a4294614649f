"""Engine and transactions."""
