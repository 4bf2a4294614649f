"""The make-believe platform: its own program, for the demo and the tests."""
