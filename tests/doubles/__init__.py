"""Servers on loopback that stand in for platforms; each can also run as a process of its own."""
