# SPDX-License-Identifier: GPL-3.0-or-later
# Its modules import bpy, which is GPL; the rest of the project is Apache-2.0.
"""What is filmed: one module per clip, each with `story(size, spp)`."""
