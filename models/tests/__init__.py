"""Unit tests of the pure parts, without network: `$(python3 fetch.py --python) -m unittest discover -t . -s tests`."""
