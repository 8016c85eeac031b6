"""``python -m unizoo`` is the ``unizoo`` command."""

from .cli import main

if __name__ == "__main__":
    main()
