"""`python -m mixedfer` is the command `mixedfer`."""

from mixedfer.cli import main

if __name__ == "__main__":
    main()
