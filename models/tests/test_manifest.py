"""The manifest that is checked in is right, and a wrong one is refused in the file's own words."""

import tomllib
import unittest
from pathlib import Path

import manifest
from manifest import Manifest, ManifestError, build, check

FILE = Path(__file__).parent.parent / "manifest.toml"


def document() -> dict:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


class TheManifest(unittest.TestCase):
    def test_is_valid_and_has_all_models(self):
        loaded = manifest.load(FILE)
        self.assertEqual([m.id for m in loaded.model], ["ssdlite-mobilenetv2", "nanodet-g", "aerial", "aerial-int8"])
        self.assertIn("change", [n.id for n in loaded.network])

    def test_has_a_card_with_the_hash_of_every_model_and_of_every_network_of_our_own(self):
        loaded = manifest.load(FILE)
        for model in (*loaded.model, *(network for network in loaded.network if network.trained)):
            card = (FILE.parent / "cards" / f"{model.id}.md").read_text(encoding="utf-8")
            self.assertIn(model.sha256, card)

    def test_has_an_output_for_every_class_index(self):
        for model in manifest.load(FILE).model:
            widest = max(output.shape[-1] for output in model.outputs)
            self.assertLess(max(c.index for c in model.classes), widest)

    def test_may_have_a_model_of_our_own(self):
        raw = document()
        del raw["model"][0]["source"], raw["model"][0]["input"]["tensor"]
        raw["model"][0]["trained"] = {"command": "make train MODEL=x", "seed": 1}
        built = build(Manifest, raw, "the manifest")
        check(built)
        self.assertEqual(built.model[0].trained.seed, 1)

    def test_shape_of_the_input_follows_its_layout(self):
        ssd, nanodet, aerial, _ = manifest.load(FILE).model
        self.assertEqual(ssd.input.shape, [-1, 300, 300, 3])
        self.assertEqual(nanodet.input.shape, [-1, 3, 416, 416])
        self.assertEqual(aerial.input.shape, [-1, 3, 416, 416])


class AWrongManifest(unittest.TestCase):
    def refused(self, raw: dict, words: str):
        with self.assertRaises(ManifestError) as raised:
            check(build(Manifest, raw, "the manifest"))
        self.assertIn(words, str(raised.exception))

    def test_unknown_key(self):
        raw = document()
        raw["model"][0]["min_scoer"] = 0.4
        self.refused(raw, "unknown key `min_scoer` in `model` of the manifest[0] `ssdlite-mobilenetv2`")

    def test_missing_key(self):
        raw = document()
        del raw["model"][1]["input"]["fit"]
        self.refused(raw, "missing key `fit`")

    def test_wrong_type(self):
        raw = document()
        raw["model"][0]["input"]["width"] = "300"
        self.refused(raw, "must be of type int, got `300`")

    def test_value_out_of_range(self):
        raw = document()
        raw["model"][0]["nms_iou"] = 60.0
        self.refused(raw, "`nms_iou` of `ssdlite-mobilenetv2` must lie between 0 and 1, got `60.0`")

    def test_unknown_choice(self):
        raw = document()
        raw["model"][0]["input"]["colour"] = "GRB"
        self.refused(raw, "must be one of BGR, RGB, got `GRB`")

    def test_broken_hash(self):
        raw = document()
        raw["model"][0]["source"]["files"][2]["sha256"] = "ABC"
        self.refused(raw, "must be 64 hexadecimal digits, got `ABC`")

    def test_file_that_leaves_the_cache(self):
        raw = document()
        raw["model"][0]["file"] = "../up.onnx"
        self.refused(raw, "must be a plain file name")

    def test_several_files_need_a_folder(self):
        raw = document()
        (library,) = (r for r in raw["runtime"] if "folder" in r)
        library["folder"] = "../up"
        self.refused(raw, "`folder` of `onnxruntime-openvino` must be a plain name, got `../up`")
        del library["folder"]
        self.refused(raw, "`files` of `onnxruntime-openvino` must be the library alone, or there must be a `folder`")

    def test_source_and_trained(self):
        raw = document()
        raw["model"][0]["trained"] = {"command": "make train MODEL=x", "seed": 1}
        self.refused(raw, "`ssdlite-mobilenetv2` must have either a `source` or `trained`")

    def test_converted_without_the_name_of_a_tensor(self):
        raw = document()
        del raw["model"][0]["input"]["tensor"]
        self.refused(raw, "missing key `tensor` of `image` in `ssdlite-mobilenetv2`")

    def test_same_id_twice(self):
        raw = document()
        raw["model"][1]["id"] = raw["model"][0]["id"]
        self.refused(raw, "`id` must be unique")
