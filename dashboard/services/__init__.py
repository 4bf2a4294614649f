"""Use cases as plain functions; each opens its own short transactions."""
