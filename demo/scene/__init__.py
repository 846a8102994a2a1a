# SPDX-License-Identifier: GPL-3.0-or-later
# Its modules import bpy, which is GPL; the rest of the project is Apache-2.0.
"""Procedural street clips with exact ground truth. Nothing in them is downloaded but the font."""
