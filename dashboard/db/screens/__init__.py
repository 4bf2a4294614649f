"""Read models: one module per page, one frozen dataclass per thing on it; they never write."""
