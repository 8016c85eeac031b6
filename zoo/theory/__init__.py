"""The mathematics: expressions, their renderers, and what losses and bounds say in the paper's notation."""
