"""The garbage collector at a pace that suits a server."""

import gc

# An answer makes thousands of small objects that reference counts free by themselves; at Python's 700 the collector
# would walk through the youngest several times for each request and find nothing.
YOUNG_OBJECTS = 20_000


def calm_collector() -> None:
    """Collect less often, and never walk again through what has been loaded until now."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
