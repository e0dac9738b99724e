"""What may be the name of a device: its make and model, as phones and gateways report it."""

LONGEST_DEVICE_NAME = 100


def is_device_name(name: str) -> bool:
    """Whether a name is short enough to keep and holds nothing that cannot be shown."""
    return len(name) <= LONGEST_DEVICE_NAME and name.isprintable()
