"""The social networks, one file each, behind one small protocol."""
