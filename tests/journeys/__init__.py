"""Few, end to end: the real server processes, asked through the public API."""
