"""The outside world: settings, database, queue, object store, tokens, strip formats."""
