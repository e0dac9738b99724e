"""Numbers only: arrays in, frozen results out; no I/O, no clock, no globals."""
