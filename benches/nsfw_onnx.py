#!/usr/bin/env python3
"""Makes the image gate's model: MobileNetV2 of the npm package nsfwjs (TensorFlow.js) as an ONNX file.

    npm pack nsfwjs@4.4.0
    pip install onnx numpy              # made with onnx 1.23
    python3 benches/nsfw_onnx.py nsfwjs-4.4.0.tgz -o nsfw.onnx

    IMAGE_GATE=nsfw.onnx drawstream run        # a program built with --features image-gate

`--fixture FILE` makes the tiny model of the tests instead, which knows colours and nothing else; it needs no package.

Nothing is learnt or left out on the way: the numbers of the package (one byte each, with a scale and an offset for
each tensor) become floats, each layer becomes the ONNX operator of the same meaning, and what the package does to a
picture's pixels besides resizing them is the caller's. Input `picture`: (1, 3, side, side), red green blue in 0..=1.
Output `scores`: (1, 5), in the order of the metadata `classes`.
"""
import argparse
import base64
import json
import re
import sys
import tarfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLASSES = "drawing,hentai,neutral,porn,sexy"
FOLDER = "package/dist/models/mobilenet_v2"
OPSET = 13


def literal(script):
    """The object that a minified module exports, as Python sees it: JavaScript's spelling is made JSON's."""
    start = script.index("{modelTopology:")
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[A-Za-z_$][\w$]*|!0|!1|-?\d*\.?\d+(?:e[+-]?\d+)?|[{}\[\]:,]', script[start:])
    out, depth = [], 0
    for token in tokens:
        if re.fullmatch(r"[A-Za-z_$][\w$]*", token) and token not in ("null", "true", "false"):
            token = f'"{token}"'
        elif token in ("!0", "!1"):
            token = "true" if token == "!0" else "false"
        elif re.fullmatch(r"-?\.\d.*", token):
            token = token.replace(".", "0.", 1)
        depth += {"{": 1, "}": -1}.get(token, 0)
        out.append(token)
        if depth == 0:
            break
    return json.loads("".join(out))


def weights(manifest, read):
    """Every tensor by its name, as 32-bit floats."""
    tensors = {}
    for group in manifest:
        packed = b"".join(base64.b64decode(re.search(r'exports="([^"]+)"', read(path)).group(1)) for path in group["paths"])
        at = 0
        for entry in group["weights"]:
            quantization, count = entry["quantization"], int(np.prod(entry["shape"]))
            if entry["dtype"] != "float32" or quantization["dtype"] != "uint8":
                sys.exit(f"{entry['name']}: numbers of a kind that this script does not know")
            numbers = np.frombuffer(packed, np.uint8, count, at).astype(np.float32)
            # As TensorFlow.js does it, so that both compute with the same weights.
            numbers = (numbers * quantization["scale"] + quantization["min"]).astype(np.float32)
            tensors[entry["name"]] = numbers.reshape(entry["shape"])
            at += count
        if at != len(packed):
            sys.exit(f"{len(packed) - at} bytes of weights belong to no tensor")
    return tensors


class Graph:
    """An ONNX graph under construction."""

    def __init__(self):
        self.nodes, self.tensors = [], []

    def tensor(self, name, numbers):
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(numbers), name))
        return name

    def node(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))

    def model(self, side, output):
        self.node("Identity", [output], "scores")
        graph = helper.make_graph(
            self.nodes,
            "image gate",
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, side, side])],
            [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, len(CLASSES.split(","))])],
            self.tensors,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        helper.set_model_props(model, {"classes": CLASSES})
        onnx.checker.check_model(model)
        return model


def windows(config):
    """What convolutions and pools have in common. Where the border counts, no step is longer than one pixel."""
    if config["padding"] == "same" and config["strides"] != [1, 1]:
        sys.exit(f"{config['name']}: this script does not know such a border")
    size = config.get("kernel_size") or config["pool_size"]
    border = [side // 2 if config["padding"] == "same" else 0 for side in size]
    return {"kernel_shape": size, "strides": config["strides"], "pads": border * 2}


def dense(graph, config, name, source, weight):
    kernel = graph.tensor(f"{name}/kernel", weight("kernel"))
    bias = graph.tensor(f"{name}/bias", weight("bias"))
    graph.node("Gemm", [source, kernel, bias], f"{name}/sum")
    if config["activation"] == "softmax":
        graph.node("Softmax", [f"{name}/sum"], name, axis=1)
    elif config["activation"] == "relu":
        graph.node("Relu", [f"{name}/sum"], name)
    else:
        sys.exit(f"{name}: this script does not know {config['activation']}")


def layer(graph, kind, config, sources, tensors):
    """One layer of Keras as one operator of ONNX; channels come before rows and columns there."""
    name = config["name"]
    if config.get("use_bias") and kind != "Dense":
        sys.exit(f"{name}: this script does not know convolutions with a bias")

    def weight(part):
        return tensors.pop(f"{name}/{part}")

    if kind == "ZeroPadding2D":
        (top, bottom), (left, right) = config["padding"]
        pads = graph.tensor(f"{name}/pads", np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))
        graph.node("Pad", [*sources, pads], name)
    elif kind == "Conv2D":
        kernel = graph.tensor(f"{name}/kernel", weight("kernel").transpose(3, 2, 0, 1))
        graph.node("Conv", [*sources, kernel], name, **windows(config))
    elif kind == "DepthwiseConv2D":
        kernel = weight("depthwise_kernel").transpose(2, 3, 0, 1)
        group = kernel.shape[0]
        graph.node("Conv", [*sources, graph.tensor(f"{name}/kernel", kernel)], name, group=group, **windows(config))
    elif kind == "BatchNormalization":
        parts = [graph.tensor(f"{name}/{part}", weight(part)) for part in ("gamma", "beta", "moving_mean", "moving_variance")]
        graph.node("BatchNormalization", [*sources, *parts], name, epsilon=config["epsilon"])
    elif kind == "ReLU":
        bounds = [graph.tensor(f"{name}/{end}", np.array(value, np.float32)) for end, value in (("from", 0.0), ("to", config["max_value"]))]
        graph.node("Clip", [*sources, *bounds], name)
    elif kind == "Add":
        graph.node("Add", sources, name)
    elif kind == "AveragePooling2D":
        graph.node("AveragePool", sources, name, **windows(config))
    elif kind == "Flatten":
        graph.node("Flatten", sources, name)
    elif kind == "Dropout":
        graph.node("Identity", sources, name)
    elif kind == "Dense":
        dense(graph, config, name, sources[0], weight)
    else:
        sys.exit(f"{name}: this script does not know {kind}")


def converted(package):
    with tarfile.open(package) as archive:
        def read(name):
            return archive.extractfile(f"{FOLDER}/{name}.min.js").read().decode()

        document = literal(read("model"))
        tensors = weights(document["weightsManifest"], read)
    config = document["modelTopology"]["model_config"]["config"]
    graph, side = Graph(), None
    for entry in config["layers"]:
        kind, settings = entry["class_name"], entry["config"]
        settings.setdefault("name", entry["name"])
        if kind == "InputLayer":
            side = settings["batch_input_shape"][1]
            graph.node("Identity", ["picture"], settings["name"])
        else:
            layer(graph, kind, settings, [source[0] for source in entry["inbound_nodes"][0]], tensors)
    if tensors:
        sys.exit(f"nobody uses {', '.join(tensors)}")
    return graph.model(side, config["output_layers"][0][0])


def fixture():
    """Red pictures are `porn`, green ones `neutral`, blue ones `drawing`, others something of each."""
    graph = Graph()
    graph.node("GlobalAveragePool", ["picture"], "mean")
    graph.node("Flatten", ["mean"], "color")
    kernel = np.zeros((3, 5), np.float32)
    kernel[0, 3] = kernel[1, 2] = kernel[2, 0] = 8.0
    graph.node("Gemm", ["color", graph.tensor("kernel", kernel)], "sum")
    graph.node("Softmax", ["sum"], "parts", axis=1)
    return graph.model(32, "parts")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", nargs="?", help="nsfwjs-….tgz, as `npm pack` leaves it")
    parser.add_argument("-o", "--output", default="nsfw.onnx")
    parser.add_argument("--fixture", metavar="FILE")
    args = parser.parse_args()
    if not args.package and not args.fixture:
        parser.error("name the package, or a --fixture to write")
    path, model = (args.fixture, fixture()) if args.fixture else (args.output, converted(args.package))
    onnx.save(model, path)
    print(f"{path}: {model.ByteSize()} bytes")


main()
