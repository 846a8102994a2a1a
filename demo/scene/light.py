# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Sun and sky, or the night sky. Street lamps come with the street."""

import math

import bpy
from mathutils import Vector

AEROSOL = {"clear": 1.0, "haze": 3.0}
SKY = {"clear": 0.16, "haze": 0.17}
SUN = {"clear": 4.2, "haze": 2.4}
SPREAD = {"clear": 0.53, "haze": 2.5}


def daylight(studio, weather, azimuth, elevation):
    """The sun is a lamp, the sky the physical model without its disc: far less noise than the disc."""
    world, back = _sky(studio)
    sky = world.node_tree.nodes.new("ShaderNodeTexSky")
    sky.sky_type, sky.sun_disc = "SINGLE_SCATTERING", False
    sky.sun_elevation, sky.sun_rotation = math.radians(elevation), math.radians(azimuth)
    sky.aerosol_density = AEROSOL[weather]
    world.node_tree.links.new(sky.outputs["Color"], back.inputs["Color"])
    back.inputs["Strength"].default_value = SKY[weather]
    high = math.sin(math.radians(elevation))
    studio.photo.view_settings.exposure += 0.5 * (1 - high)  # what auto-exposure does

    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy = SUN[weather] * min(1, 0.35 + high)
    warm = max(0, 1 - elevation / 35)
    lamp.color = (1, 0.95 - 0.22 * warm, 0.88 - 0.45 * warm)
    lamp.angle = math.radians(SPREAD[weather])
    ob = bpy.data.objects.new("sun", lamp)
    studio.collection.objects.link(ob)
    a, e = math.radians(azimuth), math.radians(elevation)
    toward = Vector((math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), math.sin(e)))
    ob.rotation_euler = (-toward).to_track_quat("-Z", "Y").to_euler()
    return ob


def night(studio):
    _, back = _sky(studio)
    back.inputs["Color"].default_value = (0.012, 0.016, 0.030, 1)
    back.inputs["Strength"].default_value = 0.8
    studio.photo.view_settings.exposure += 1.5


def _sky(studio):
    world = bpy.data.worlds.new("sky")
    studio.photo.world = world
    return world, world.node_tree.nodes["Background"]
