"""The command line: `python so_what.py --help`. Everything it does is in commands/."""

import sys

from commands.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
