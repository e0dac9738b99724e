"""The workers: take an outbox item, load fresh state, compute aside, write the effect once."""
