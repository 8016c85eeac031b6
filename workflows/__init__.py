"""What spans the rooms: running recipes, the demonstration."""
