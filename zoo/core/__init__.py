"""What every model stands on and no model is: the base class, phases, the interface, randomness, replicas."""
