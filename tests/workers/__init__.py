"""What a worker does with an item, and with its own end."""
