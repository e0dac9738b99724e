"""Benchmarks: each one command with a ratio as its answer."""
