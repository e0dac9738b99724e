"""The door: turns HTTP and WebSocket into a Context, and nothing else."""
