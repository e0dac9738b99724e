"""Clinical rules as data with their sources, and the pure functions over them."""
