"""Which models and presets there are, how to get one, what trains it; nothing here imports TensorFlow at import."""
