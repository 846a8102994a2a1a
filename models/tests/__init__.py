"""Unit tests of the pure parts: `python3 -m unittest discover -t . -s tests` in `models/`. No network."""
