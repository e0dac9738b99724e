"""What a newcomer runs: embedded services, demo data, the command line. Nobody imports it."""
