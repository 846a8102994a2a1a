# SPDX-License-Identifier: GPL-3.0-or-later
# Imports bpy, which is GPL; the rest of the project is Apache-2.0.
"""Renders: a `photo` scene makes the frame, a `truth` scene over the same collection the image of object numbers."""

import math
import os

import bpy
import cv2
import numpy as np

SEAM = 3  # pixels


class Studio:
    """Callers render all photos before all truths: Cycles keeps one scene's data, and alternating re-sends the block."""

    def __init__(self, camera, spp, seed):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.photo, self.camera = bpy.context.scene, camera
        self.collection = bpy.data.collections.new("block")
        self.photo.collection.children.link(self.collection)
        self.truth = bpy.data.scenes.new("truth")
        self.truth.collection.children.link(self.collection)
        self.eye = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        self.collection.objects.link(self.eye)
        self.last = None  # the last photo, patched by partial renders
        for scene in (self.photo, self.truth):
            self._common(scene, seed)
        self._photo_settings(spp)
        self._truth_settings()

    def _common(self, scene, seed):
        scene.render.engine, scene.camera = "CYCLES", self.eye
        r, c = scene.render, scene.cycles
        r.resolution_x, r.resolution_y, r.resolution_percentage = self.camera.width, self.camera.height, 100
        r.threads_mode, r.threads, r.use_persistent_data, r.dither_intensity = "FIXED", 1, True, 0
        r.use_compositing = r.use_sequencer = False
        r.image_settings.file_format, r.image_settings.color_mode = "PNG", "RGB"
        r.image_settings.compression = 5
        c.device, c.seed = "CPU", seed

    def _photo_settings(self, spp):
        c, view = self.photo.cycles, self.photo.view_settings
        c.samples, c.use_adaptive_sampling, c.adaptive_threshold = spp, True, 0.03
        c.use_denoising, c.denoiser = True, "OPENIMAGEDENOISE"
        c.denoising_prefilter, c.denoising_quality = "FAST", "BALANCED"
        c.max_bounces, c.diffuse_bounces, c.glossy_bounces, c.transmission_bounces = 2, 1, 2, 0
        c.caustics_reflective = c.caustics_refractive = c.use_light_tree = False
        c.sample_clamp_indirect, c.blur_glossy = 3.0, 1.0
        view.view_transform, view.look, view.exposure = "AgX", "AgX - Medium High Contrast", 0.75

    def _truth_settings(self):
        c = self.truth.cycles
        c.samples, c.use_adaptive_sampling, c.use_denoising, c.max_bounces, c.filter_width = 1, False, False, 0, 0.01
        self.truth.view_settings.view_transform = "Raw"
        self.truth.render.film_transparent = True
        self.truth.render.image_settings.color_depth = "16"
        self.truth.view_layers[0].material_override = _number_material()

    def aim(self, camera):
        self.camera = camera
        self.eye.data.sensor_fit, self.eye.data.clip_end = "HORIZONTAL", 3000
        self.eye.data.angle = math.radians(camera.hfov)
        self.eye.location = (camera.x, camera.y, camera.z)
        self.eye.rotation_euler = (math.radians(90 + camera.pitch), 0, -math.radians(camera.yaw))

    def photograph(self, path, regions=None):
        """Renders one frame, or only `regions` (x0, y0, x1, y1) of it over the last one, to a lossless PNG."""
        w, h, r = self.camera.width, self.camera.height, self.photo.render
        r.use_border = r.use_crop_to_border = regions is not None
        inset = 0.01  # Blender truncates: stay just inside the pixel that is meant
        for x0, y0, x1, y1 in [(0, 0, w, h)] if regions is None else regions:
            r.border_min_x, r.border_max_x = (x0 + inset) / w, min(1, (x1 + inset) / w)
            r.border_min_y, r.border_max_y = (h - y1 + inset) / h, min(1, (h - y0 + inset) / h)
            part = _render(self.photo, path)
            if regions is None:
                self.last = part
            else:
                # the denoiser is wrong along the edges of what it is given: they are not pasted
                a, b = SEAM if x0 else 0, SEAM if y0 else 0
                c, d = x1 - x0 - (SEAM if x1 < w else 0), y1 - y0 - (SEAM if y1 < h else 0)
                self.last[y0 + b : y0 + d, x0 + a : x0 + c] = part[b:d, a:c]
        done = path.with_suffix(".part.png")
        cv2.imwrite(str(done), self.last)
        os.replace(done, path)  # a stopped run leaves no half frame that a rerun would take for a whole one

    def numbers(self, path):
        """The image of object numbers for the current placement."""
        return (_render(self.truth, path)[..., 0].astype(np.float32) / 64).round().astype(int)


def _render(scene, path):
    tmp = scene.render.filepath = str(path.with_suffix(".tmp.png"))
    bpy.ops.render.render(write_still=True, scene=scene.name)
    img = cv2.imread(tmp, cv2.IMREAD_UNCHANGED)
    os.remove(tmp)
    return img


def _number_material():
    """Paints every surface with its object's pass index."""
    m = bpy.data.materials.new("number")
    n, link = m.node_tree.nodes, m.node_tree.links.new
    n.clear()
    info, scale = n.new("ShaderNodeObjectInfo"), n.new("ShaderNodeMath")
    emit, out = n.new("ShaderNodeEmission"), n.new("ShaderNodeOutputMaterial")
    scale.operation = "MULTIPLY"
    scale.inputs[1].default_value = 64 / 65535
    link(info.outputs["Object Index"], scale.inputs[0])
    link(scale.outputs[0], emit.inputs["Strength"])
    link(emit.outputs[0], out.inputs["Surface"])
    return m
