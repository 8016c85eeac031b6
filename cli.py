"""The ``unizoo`` command."""


def main() -> None:
    """Run the command."""
