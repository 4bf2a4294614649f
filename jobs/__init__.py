"""What the workers and the scheduler run; uses the services, never pages or SQL."""
