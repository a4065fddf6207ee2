"""``python -m pv_finder``: serve until told to stop."""

from pv_finder.server import main

if __name__ == "__main__":
    main()
