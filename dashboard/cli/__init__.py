"""What `./manage COMMAND` calls once the environment is there; `commands` lists them all.

Each command's module is imported only when it is asked for, so that starting stays quick.
"""
