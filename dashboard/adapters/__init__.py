"""The rest of the outside world: clock, cipher, HTTP, mail, Redis, logs."""
