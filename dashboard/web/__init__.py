"""Flask glue without pages."""
