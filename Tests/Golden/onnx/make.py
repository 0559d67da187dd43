#!/usr/bin/env python3
"""Makes the ONNX files and the answers in this folder.

    python3 -m venv venv && venv/bin/pip install onnx onnxruntime skl2onnx scikit-learn numpy torch
    venv/bin/python Tests/Golden/onnx/make.py

Every file NAME.onnx is an export of scikit-learn (skl2onnx) or PyTorch (torch.onnx), with weights trained for a moment or drawn by
a seed. NAME.expected has inputs (`in:`) and the outputs of onnxruntime (`out:`) as the initializers of a model without nodes.
`operators-N.bundle` have many models of one node, each written with the onnx package: for every one its length in 4 bytes
(little-endian), the model, and the same for what is expected of it.

Made with onnx 1.23.2, onnxruntime 1.32.0, skl2onnx 1.20.0, scikit-learn 1.9.1, PyTorch 2.13.0, NumPy 2.4.6.
"""
import io
import pathlib
import struct
import warnings

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper as nh

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(7)
ort.set_default_logger_severity(3)


def f(*shape):
    return rng.normal(size=shape).astype(np.float32)


def expected(model, inputs):
    """A model without nodes, whose initializers are inputs and outputs."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    values = [("in:" + name, value) for name, value in inputs.items()]
    for output, value in zip(session.get_outputs(), session.run(None, inputs)):
        if isinstance(value, list):  # of maps, from ZipMap
            keys = list(value[0].keys()) if value else []
            values.append(("out:" + output.name, np.array([[row[key] for key in keys] for row in value], np.float32)))
            rows = [keys for _ in value]
            values.append(("out:" + output.name + ".keys", np.array(rows, object if isinstance(keys[0], str) else np.int64)))
        else:
            values.append(("out:" + output.name, value))
    tensors = []
    for name, value in values:
        value = np.asarray(value)
        if value.dtype.kind in "OU":
            tensors.append(h.make_tensor(name, T.STRING, value.shape, [str(text).encode() for text in value.ravel()]))
        else:
            tensors.append(nh.from_array(value, name))
    return h.make_model(h.make_graph([], "expected", [], [], tensors))


def save(name, model, inputs):
    answers = expected(model, inputs)
    model.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())
    (HERE / f"{name}.expected").write_bytes(answers.SerializeToString())
    print(name, len(model.SerializeToString()), sorted({node.op_type for node in model.graph.node}))


# --- one operator at a time ---------------------------------------------------------------------------------------------------
bundles = [io.BytesIO()]
cases = 0


def info(name, value):
    value = np.asarray(value)
    kind = T.STRING if value.dtype.kind in "OU" else h.np_dtype_to_tensor_dtype(value.dtype)
    return h.make_tensor_value_info(name, kind, [None] * value.ndim)


def case(op, inputs, opset=17, outputs=1, constants=(), domain="", ml=3, kinds=None, name=None, **attributes):
    """`inputs`: arrays, or None where one is left out. Those whose index is in `constants` become initializers."""
    global cases
    names = [f"x{i}" if value is not None else "" for i, value in enumerate(inputs)]
    outs = [f"y{i}" for i in range(outputs)]
    node = h.make_node(op, names, outs, domain=domain, name="node", **attributes)
    given = {f"x{i}": np.asarray(value) for i, value in enumerate(inputs) if value is not None}
    fixed = [nh.from_array(given[f"x{i}"], f"x{i}") for i in constants]
    free = {name: value for name, value in given.items() if int(name[1:]) not in constants}
    imports = [h.make_opsetid("", opset)] + ([h.make_opsetid(domain, ml)] if domain else [])

    def model(infos):
        graph = h.make_graph([node], name or op, [info(n, v) for n, v in free.items()], infos, fixed)
        made = h.make_model(graph, opset_imports=imports)
        made.ir_version = 8
        return made

    kinds = kinds or [None] * outputs
    untyped = model([h.make_empty_tensor_value_info(o) if k is None else h.make_tensor_value_info(o, k, None) for o, k in zip(outs, kinds)])
    inferred = onnx.shape_inference.infer_shapes(untyped) if not domain else untyped
    session = ort.InferenceSession(untyped.SerializeToString(), providers=["CPUExecutionProvider"])
    values = session.run(None, free)
    final = model([info(o, v) for o, v in zip(outs, values)])
    label = f"{op} opset {opset} " + " ".join(f"{k}={v}" for k, v in attributes.items() if len(str(v)) < 40)
    final.graph.name = (label + " on " + " ".join(str(list(np.shape(v))) for v in inputs if v is not None))[:200]
    if bundles[-1].tell() > 100_000:
        bundles.append(io.BytesIO())
    for data in (final.SerializeToString(), expected(final, free).SerializeToString()):
        bundles[-1].write(struct.pack("<I", len(data)) + data)
    cases += 1


def ints(*values):
    return np.array(values, np.int64)


def operators():
    # products
    case("Gemm", [f(3, 4), f(4, 5), f(5)], constants=(1, 2))
    case("Gemm", [f(4, 3), f(5, 4), f(3, 1)], transA=1, transB=1, alpha=0.5, beta=2.0)
    case("Gemm", [f(0, 4), f(4, 5), f(5)])
    case("Gemm", [f(2, 3), f(3, 2)], opset=11)
    case("Gemm", [f(2, 3).astype(np.float64), f(3, 2).astype(np.float64), f(2).astype(np.float64)])
    case("MatMul", [f(3, 4), f(4, 2)])
    case("MatMul", [f(4), f(4)])
    case("MatMul", [f(4), f(4, 3)])
    case("MatMul", [f(2, 3, 4), f(4)])
    case("MatMul", [f(2, 3, 4), f(4, 5)], constants=(1,))
    case("MatMul", [f(2, 1, 3, 4), f(5, 4, 2)])
    case("MatMul", [f(3, 4), f(2, 4, 5)])
    case("MatMul", [f(2, 3, 4).astype(np.float64), f(2, 4, 5).astype(np.float64)])
    case("MatMul", [f(0, 4), f(4, 2)])
    # pairs
    shapes = [((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (4,)), ((3, 1), (1, 4)), ((1,), (2, 3)), ((), (2, 2)), ((2, 3, 4, 5), (3, 1, 1)), ((0, 3), (1, 3)), ((2, 1, 4), (5, 1))]
    for op in ["Add", "Sub", "Mul", "Div"]:
        for a, b in shapes:
            case(op, [f(*a), f(*b) + 3], opset=14)
        case(op, [np.array([7, -7, 9], np.int64), np.array([[2], [-3]], np.int64)], opset=14)
        case(op, [np.array([7, -7, 9], np.int32), np.array([2], np.int32)], opset=14)
        case(op, [f(2, 3).astype(np.float64), f(3).astype(np.float64) + 3], opset=7)
    case("Pow", [np.abs(f(2, 3)) + 0.1, f(3)], opset=15)
    case("Pow", [f(2, 3), np.array(2, np.float32)], opset=15)
    case("Pow", [f(2, 3), np.array([3], np.int64)], opset=15)
    case("Pow", [np.array([2, 3], np.int64), np.array([5, 2], np.int64)], opset=15)
    case("Mod", [np.array([7, -7, 7, -7], np.int64), np.array([3, 3, -3, -3], np.int64)], opset=13)
    case("Mod", [f(4), f(4)], opset=13, fmod=1)
    for op in ["Min", "Max", "Sum", "Mean"]:
        case(op, [f(2, 3), f(3), f(2, 1)], opset=13)
        case(op, [f(2, 3)], opset=13)
    # functions
    x = np.concatenate([f(20), np.array([0, -0.0, 1, -1, 50, -50, np.inf, -np.inf], np.float32)])
    for op in ["Relu", "Sigmoid", "Tanh", "Neg", "Abs", "Sign", "Floor", "Ceil", "Round", "Softplus"]:
        case(op, [x], opset=14 if op != "Relu" else 14)
    case("Exp", [f(3, 3)], opset=13)
    case("Exp", [f(3, 3).astype(np.float64)], opset=13)
    case("Sqrt", [np.abs(f(3, 3))], opset=13)
    case("Log", [np.abs(f(3, 3)) + 0.1], opset=13)
    case("Erf", [f(3, 3)], opset=13)
    case("Reciprocal", [f(3, 3)], opset=13)
    case("Sin", [f(3, 3)], opset=14)
    case("Cos", [f(3, 3)], opset=14)
    case("Gelu", [f(3, 3)], opset=20)
    case("Gelu", [f(3, 3)], opset=20, approximate="tanh")
    case("LeakyRelu", [x], opset=16)
    case("LeakyRelu", [x], opset=16, alpha=0.3)
    case("Elu", [f(3, 3)], opset=6 + 10, alpha=0.7)
    case("HardSigmoid", [f(3, 3) * 4], opset=14, alpha=0.3, beta=0.4)
    case("Neg", [ints(3, -4)], opset=13)
    case("Abs", [ints(3, -4)], opset=13)
    case("Not", [np.array([True, False])], opset=13)
    case("Clip", [f(3, 3)], opset=7, min=-0.5, max=0.5)
    case("Clip", [f(3, 3), np.float32(-0.5), np.float32(0.5)], opset=13)
    case("Clip", [f(3, 3), None, np.float32(0.5)], opset=13)
    case("Clip", [f(3, 3), np.float32(0.5), np.float32(-0.5)], opset=13)
    case("Clip", [ints(-4, 2, 9), np.int64(0), np.int64(5)], opset=13)
    for op in ["Equal", "Less", "Greater"]:
        case(op, [np.round(f(3, 4)), np.round(f(4))], opset=13)
        case(op, [ints(1, 2, 3), ints(2)], opset=13)
    case("LessOrEqual", [np.round(f(3, 4)), np.round(f(4))], opset=16)
    case("GreaterOrEqual", [np.round(f(3, 4)), np.round(f(4))], opset=16)
    for op in ["And", "Or", "Xor"]:
        case(op, [np.array([[True], [False]]), np.array([True, False])], opset=7)
    case("Where", [np.array([[True], [False]]), f(2, 3), f(3)], opset=16)
    case("Where", [np.array([True, False]), ints(1), ints(3, 4)], opset=16)
    # normalisation
    for opset, axes in [(7, [0, 1, 2, -1]), (13, [0, 1, 2, -1, -2])]:
        for op in ["Softmax", "LogSoftmax"]:
            for axis in axes:
                if not (opset < 11 and axis < 0):
                    case(op, [f(2, 3, 4) * 5], opset=opset, axis=axis)
            case(op, [f(4, 5)], opset=opset)
            case(op, [f(0, 5)], opset=opset)
    case("Softmax", [f(3, 4).astype(np.float64)], opset=13)
    case("Softmax", [np.array([[1000, 1000.5, -1000]], np.float32)], opset=13)
    case("BatchNormalization", [f(2, 3, 4, 5), f(3), f(3), f(3), np.abs(f(3)) + 0.1], opset=15, constants=(1, 2, 3, 4), epsilon=1e-3)
    case("BatchNormalization", [f(4, 3), f(3), f(3), f(3), np.abs(f(3)) + 0.1], opset=9)
    case("BatchNormalization", [f(2, 3, 4), f(3), f(3), f(3), np.abs(f(3)) + 0.1], opset=14)
    case("LayerNormalization", [f(2, 3, 8), f(8), f(8)], opset=17)
    case("LayerNormalization", [f(2, 3, 8), f(8)], opset=17, epsilon=0.1)
    case("LayerNormalization", [f(2, 3, 8), f(3, 8), f(3, 8)], opset=17, axis=1)
    # windows
    case("Conv", [f(2, 3, 7, 8), f(4, 3, 3, 3), f(4)], opset=11, constants=(1, 2))
    case("Conv", [f(1, 3, 7, 8), f(4, 3, 3, 3)], opset=11, pads=[1, 0, 2, 1], strides=[2, 3])
    case("Conv", [f(2, 4, 7, 8), f(6, 2, 3, 2), f(6)], opset=11, group=2, dilations=[2, 1], pads=[2, 1, 2, 1])
    case("Conv", [f(1, 4, 6, 6), f(4, 1, 3, 3), f(4)], opset=11, group=4, pads=[1, 1, 1, 1])
    case("Conv", [f(2, 3, 5, 5), f(2, 3, 1, 1), f(2)], opset=11)
    case("Conv", [f(2, 3, 5, 5), f(2, 3, 1, 1), f(2)], opset=11, strides=[2, 2])
    case("Conv", [f(2, 3, 5, 5), f(2, 3, 2, 2)], opset=11, dilations=[3, 3], pads=[1, 1, 1, 1])
    case("Conv", [f(1, 1, 2, 2), f(1, 1, 2, 2)], opset=11, pads=[3, 3, 3, 3])
    case("Conv", [f(2, 3, 9), f(4, 3, 3), f(4)], opset=11, pads=[1, 1], strides=[2])
    case("Conv", [f(1, 2, 4, 5, 6), f(3, 2, 2, 3, 2), f(3)], opset=11, pads=[1, 1, 0, 0, 1, 1])
    case("Conv", [f(0, 3, 5, 5), f(2, 3, 3, 3)], opset=11)
    for pad in ["SAME_UPPER", "SAME_LOWER", "VALID"]:
        for stride in [1, 2, 3]:
            case("Conv", [f(1, 2, 7, 6), f(3, 2, 4, 3)], opset=11, auto_pad=pad, strides=[stride, stride])
            case("MaxPool", [f(1, 2, 7, 6)], opset=12, auto_pad=pad, kernel_shape=[4, 3], strides=[stride, stride])
            case("AveragePool", [f(1, 2, 7, 6)], opset=11, auto_pad=pad, kernel_shape=[4, 3], strides=[stride, stride])
    for op, opset in [("MaxPool", 12), ("AveragePool", 19), ("AveragePool", 11)]:
        case(op, [f(2, 3, 8, 9)], opset=opset, kernel_shape=[2, 2], strides=[2, 2])
        case(op, [f(2, 3, 8, 9)], opset=opset, kernel_shape=[3, 2], pads=[1, 0, 2, 1])
        case(op, [f(2, 3, 8, 9)], opset=opset, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        case(op, [f(2, 3, 8, 9)], opset=opset, kernel_shape=[3, 3], strides=[3, 2], pads=[1, 1, 1, 1], ceil_mode=1)
        case(op, [f(1, 1, 4, 4)], opset=opset, kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1)
        case(op, [f(2, 3, 9)], opset=opset, kernel_shape=[3], strides=[2])
        case(op, [f(1, 2, 4, 5, 6)], opset=opset, kernel_shape=[2, 3, 2])
        case(op, [f(0, 3, 8, 9)], opset=opset, kernel_shape=[2, 2])
    case("MaxPool", [f(2, 3, 8, 9)], opset=12, kernel_shape=[2, 2], dilations=[2, 3])
    case("AveragePool", [f(2, 3, 8, 9)], opset=19, kernel_shape=[2, 2], dilations=[2, 3])
    for opset in [11, 19]:
        case("AveragePool", [f(2, 3, 8, 9)], opset=opset, kernel_shape=[3, 2], pads=[1, 0, 2, 1], count_include_pad=1)
        case("AveragePool", [f(2, 3, 8, 9)], opset=opset, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    case("AveragePool", [f(1, 1, 8, 9)], opset=19, kernel_shape=[3, 3], strides=[3, 2], pads=[1, 1, 1, 1], count_include_pad=1, ceil_mode=1)
    case("GlobalAveragePool", [f(2, 3, 4, 5)], opset=7)
    case("GlobalMaxPool", [f(2, 3, 4)], opset=7)
    # shapes
    case("Flatten", [f(2, 3, 4)], opset=13)
    for axis in [0, 3, -1, -2]:
        case("Flatten", [f(2, 3, 4)], opset=13, axis=axis)
    for shape in [(4, 6), (-1, 3), (0, -1), (2, 0, 4), (24,), (1, 2, 3, 4)]:
        case("Reshape", [f(2, 3, 4), ints(*shape)], opset=13)
    case("Reshape", [f(0, 3), ints(0, 3)], opset=14, allowzero=1)
    case("Reshape", [f(1), np.zeros(0, np.int64)], opset=14)
    case("Concat", [f(2, 3), f(2, 1), f(2, 0)], opset=13, axis=1)
    case("Concat", [f(2, 3), f(1, 3)], opset=13, axis=-2)
    case("Concat", [ints(1, 2), ints(3)], opset=13, axis=0)
    case("Transpose", [f(2, 3, 4)], opset=13)
    case("Transpose", [f(2, 3, 4)], opset=13, perm=[1, 2, 0])
    case("Transpose", [f(0, 3, 4)], opset=13, perm=[2, 0, 1])
    case("Squeeze", [f(1, 3, 1)], opset=11)
    case("Squeeze", [f(1, 3, 1)], opset=11, axes=[2])
    case("Squeeze", [f(1, 3, 1), ints(-3)], opset=13)
    case("Unsqueeze", [f(3, 4)], opset=11, axes=[0, 3])
    case("Unsqueeze", [f(3, 4), ints(-1, 1)], opset=13)
    case("Expand", [f(3, 1), ints(2, 1, 4)], opset=13)
    case("Expand", [f(3, 4), ints(1)], opset=13)
    case("Shape", [f(2, 3, 4)], opset=13)
    case("Shape", [f(2, 3, 4)], opset=15, start=-2, end=10)
    case("ConstantOfShape", [ints(2, 3)], opset=9)
    case("ConstantOfShape", [ints(2, 0)], opset=9, value=nh.from_array(ints(7)))
    case("Identity", [np.array(["a", "b"], object)], opset=14)
    case("Dropout", [f(3, 4)], opset=13)
    case("Dropout", [f(3, 4)], opset=7, ratio=0.3)
    case("Constant", [], opset=13, value_floats=[1.0, 2.5])
    case("Constant", [], opset=13, value_int=7)
    case("Constant", [], opset=9, value=nh.from_array(f(2, 2)))
    # places
    case("Gather", [f(3, 4), ints(2, 0, -1)], opset=13)
    case("Gather", [f(3, 4), np.array([[0, 1], [-1, 2]], np.int32)], opset=13, axis=1)
    case("Gather", [f(3, 4), np.array(1, np.int64)], opset=13, axis=-1)
    case("Gather", [ints(5, 6, 7), np.array(0, np.int64)], opset=13)
    case("Slice", [f(5, 6)], opset=9, starts=[1, -3], ends=[4, 100], axes=[0, 1])
    case("Slice", [f(5, 6), ints(1), ints(-1)], opset=13)
    case("Slice", [f(5, 6), ints(-1, 4), ints(-100, 0), ints(0, -1), ints(-2, -1)], opset=13)
    case("Slice", [f(5, 6), ints(0, 5), ints(2**63 - 1, -(2**63)), ints(1, 0), ints(2**62, -3)], opset=13)
    case("Slice", [f(5, 6), ints(3), ints(1), ints(0)], opset=13)
    case("Split", [f(5, 6), ints(1, 4)], opset=13, outputs=2)
    case("Split", [f(5, 6)], opset=11, outputs=3, axis=1)
    case("Split", [f(5, 6)], opset=18, outputs=2, num_outputs=2)
    case("Pad", [f(2, 3)], opset=7, pads=[1, 0, 0, 2], value=1.5)
    case("Pad", [f(2, 3), ints(0, 1, 2, 0), np.float32(3)], opset=13)
    case("Pad", [f(2, 3), ints(1, 2), None, ints(-1)], opset=18)
    for to, x in [(T.INT64, f(6) * 4), (T.FLOAT, ints(1, -2)), (T.DOUBLE, f(3)), (T.BOOL, np.array([0, 0.5, -1], np.float32)),
                  (T.INT32, np.array([True, False])), (T.FLOAT, np.array([True, False])), (T.STRING, ints(12, -3)), (T.INT64, np.array(["12", "-3"], object)),
                  (T.UINT8, np.array([1, 255], np.int32)), (T.FLOAT, np.array(["1.5", "-2"], object)), (T.FLOAT, np.array([3, 200], np.uint8))]:
        case("Cast", [x], opset=13, to=to)
    # reductions
    for op in ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceLogSumExp"]:
        old = 11
        case(op, [f(2, 3, 4)], opset=old)
        case(op, [f(2, 3, 4)], opset=old, axes=[1], keepdims=0)
        case(op, [f(2, 3, 4)], opset=old, axes=[0, -1])
        case(op, [f(2, 3, 4), ints(0, 2)], opset=18, keepdims=0)
    case("ReduceSum", [f(2, 3, 4), ints(-1)], opset=13)
    case("ReduceSum", [f(2, 3), np.zeros(0, np.int64)], opset=13, noop_with_empty_axes=1)
    case("ReduceSum", [f(0, 3), ints(0)], opset=13)
    case("ReduceMean", [ints(1, 2, 4)], opset=13)
    case("ReduceMax", [np.array([[1, 5], [7, 2]], np.int32)], opset=13, axes=[0])
    ties = np.array([[1, 3, 3], [2, 2, 1]], np.float32)
    for op in ["ArgMax", "ArgMin"]:
        case(op, [ties], opset=13, axis=1)
        case(op, [ties], opset=13, axis=-1, keepdims=0, select_last_index=1)
        case(op, [ties], opset=13)
        case(op, [f(0, 3)], opset=13, axis=1)
        case(op, [f(3, 2, 2)], opset=11, axis=1)
    # ai.onnx.ml
    def ml(op, inputs, **more):
        case(op, inputs, domain="ai.onnx.ml", **more)

    F, I, S = [T.FLOAT], [T.INT64, T.FLOAT], [T.STRING, T.FLOAT]
    ml("Scaler", [f(3, 2)], offset=[1.0, 2.0], scale=[0.5, 3.0], kinds=F)
    ml("Scaler", [ints(4, 5).reshape(1, 2)], offset=[1.0], scale=[0.5], kinds=F)
    signed = np.array([[1, -2, 2], [0, 0, 0], [-1, -2, -3], [3, 0.5, 1]], np.float32)
    for norm in ["L1", "L2", "MAX"]:
        ml("Normalizer", [signed], norm=norm, kinds=F)
    for transform in ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"]:
        ml("LinearClassifier", [f(4, 3)], outputs=2, kinds=I, classlabels_ints=[4, 5, 9], coefficients=f(9).tolist(), intercepts=f(3).tolist(), post_transform=transform)
        ml("LinearRegressor", [f(4, 3)], kinds=F, coefficients=f(6).tolist(), intercepts=f(2).tolist(), targets=2, post_transform=transform)
        ml("LinearRegressor", [f(4, 3)], kinds=F, coefficients=f(3).tolist(), intercepts=f(1).tolist(), post_transform=transform)
        if transform != "SOFTMAX" and transform != "SOFTMAX_ZERO":
            ml("LinearClassifier", [f(4, 3)], outputs=2, kinds=S, classlabels_strings=["no", "yes"], coefficients=f(3).tolist(), intercepts=f(1).tolist(), post_transform=transform)
    ml("LinearClassifier", [f(4, 3)], outputs=2, kinds=S, classlabels_strings=["no", "yes"], coefficients=f(6).tolist(), intercepts=f(2).tolist(), post_transform="SOFTMAX")
    ml("LabelEncoder", [np.array(["a", "b", "x"], object)], ml=2, kinds=[T.INT64], keys_strings=["a", "b"], values_int64s=[5, 6], default_int64=9)
    ml("LabelEncoder", [ints(1, 2, 3)], ml=2, kinds=[T.STRING], keys_int64s=[1, 2], values_strings=["p", "q"])
    ml("LabelEncoder", [np.array([1, 2.5, np.nan], np.float32)], ml=2, kinds=[T.FLOAT], keys_floats=[1.0, float("nan")], values_floats=[7.0, 8.0])
    ml("ArrayFeatureExtractor", [f(3, 4), ints(2, 0)], kinds=F, ml=1)
    ml("ArrayFeatureExtractor", [ints(7, 8, 9), np.array([[1]], np.int64)], kinds=[T.INT64], ml=1)

    def tree(prefix, ids, weights, mode="BRANCH_LEQ", **more):
        nodes = dict(
            nodes_treeids=[0] * 5 + [1] * 3, nodes_nodeids=[0, 1, 2, 3, 4, 0, 1, 2], nodes_featureids=[0, 1, 0, 0, 0, 2, 0, 0],
            nodes_modes=[mode, mode, "LEAF", "LEAF", "LEAF", mode, "LEAF", "LEAF"], nodes_values=[0.1, -0.2, 0, 0, 0, 0.3, 0, 0],
            nodes_truenodeids=[1, 3, 0, 0, 0, 1, 0, 0], nodes_falsenodeids=[2, 4, 0, 0, 0, 2, 0, 0],
            nodes_missing_value_tracks_true=[0, 1, 0, 0, 0, 1, 0, 0])
        return nodes | {f"{prefix}_treeids": [0, 0, 0, 1, 1], f"{prefix}_nodeids": [2, 3, 4, 1, 2], f"{prefix}_ids": ids, f"{prefix}_weights": weights} | more

    x = np.concatenate([f(6, 3), np.array([[np.nan, 0, 1], [0.1, -0.2, 0.3], [0, np.nan, np.nan]], np.float32)])
    w = [0.5, -0.25, 1.5, 2.0, -1.0]
    for mode in ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]:
        ml("TreeEnsembleRegressor", [x], kinds=F, **tree("target", [0] * 5, w, mode, n_targets=1))
    for aggregate in ["SUM", "AVERAGE", "MIN", "MAX"]:
        ml("TreeEnsembleRegressor", [x], kinds=F, **tree("target", [0] * 5, w, n_targets=1, aggregate_function=aggregate, base_values=[0.5]))
        ml("TreeEnsembleRegressor", [x], kinds=F, **tree("target", [0, 1, 0, 1, 0], w, n_targets=2, aggregate_function=aggregate))
    ml("TreeEnsembleRegressor", [x.astype(np.float64)], kinds=F, **tree("target", [0] * 5, w, n_targets=1))
    double = tree("target", [0] * 5, w, n_targets=1)
    for name in ["nodes_values", "target_weights"]:
        double[name + "_as_tensor"] = nh.from_array(np.array(double.pop(name), np.float64))
    ml("TreeEnsembleRegressor", [x.astype(np.float64)], kinds=F, **double)
    for transform in ["NONE", "LOGISTIC", "SOFTMAX"]:
        ml("TreeEnsembleClassifier", [x], outputs=2, kinds=I, **tree("class", [0, 1, 2, 1, 0], np.abs(w).tolist(), classlabels_int64s=[3, 5, 8], post_transform=transform))
        ml("TreeEnsembleClassifier", [x], outputs=2, kinds=I, **tree("class", [0, 1, 2, 1, 0], w, classlabels_int64s=[3, 5, 8], post_transform=transform, base_values=[0.1, 0.2, 0.3]))
    for transform in ["NONE", "LOGISTIC"]:
        ml("TreeEnsembleClassifier", [x], outputs=2, kinds=S, **tree("class", [0] * 5, w, classlabels_strings=["no", "yes"], post_transform=transform))
        ml("TreeEnsembleClassifier", [x], outputs=2, kinds=S, **tree("class", [0] * 5, w, classlabels_strings=["no", "yes"], post_transform=transform, base_values=[0.3]))
    ml("TreeEnsembleClassifier", [x], outputs=2, kinds=S, **tree("class", [0] * 5, [0.1, 0.2, 0.6, 0.3, 0.2], classlabels_strings=["no", "yes"]))


# --- exports ------------------------------------------------------------------------------------------------------------------
def sklearn_models():
    from skl2onnx import to_onnx
    from sklearn.cluster import KMeans
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
    from sklearn.decomposition import PCA
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    def pair(load):
        x, y = load(return_X_y=True)
        return x.astype(np.float32), y

    iris, cancer, diabetes, digits = pair(load_iris), pair(load_breast_cancer), pair(load_diabetes), pair(load_digits)
    flowers = (iris[0], np.array(["setosa", "versicolor", "virginica"])[iris[1]])
    models = {
        "logistic-scaled": (make_pipeline(StandardScaler(), LogisticRegression()), iris),
        "logistic-texts": (LogisticRegression(max_iter=500), flowers),
        "logistic-binary": (make_pipeline(StandardScaler(), LogisticRegression()), cancer),
        "digits-mlp": (make_pipeline(MinMaxScaler(), MLPClassifier((32, 16), max_iter=60, random_state=0)), digits),
        "mlp-texts": (MLPClassifier((5,), max_iter=50, random_state=0), flowers),
        "mlp-regressor": (MLPRegressor(hidden_layer_sizes=(8,), activation="tanh", max_iter=50, random_state=0), diabetes),
        "forest-texts": (RandomForestClassifier(5, max_depth=4, random_state=0), flowers),
        "forest-binary": (RandomForestClassifier(5, max_depth=4, random_state=0), cancer),
        "forest-regressor": (RandomForestRegressor(5, max_depth=5, random_state=0), diabetes),
        "boosting-binary": (GradientBoostingClassifier(n_estimators=8, random_state=0), cancer),
        "boosting": (GradientBoostingClassifier(n_estimators=5, random_state=0), iris),
        "boosting-regressor": (GradientBoostingRegressor(n_estimators=10, random_state=0), diabetes),
        "tree": (DecisionTreeClassifier(random_state=0), iris),
        "linear": (LinearRegression(), diabetes),
        "ridge-components": (make_pipeline(MinMaxScaler(clip=True), Normalizer(), PCA(3), Ridge()), diabetes),
        "k-means": (KMeans(3, random_state=0, n_init=1), iris),
        "naive-bayes": (GaussianNB(), iris),
        "sgd": (SGDClassifier(loss="log_loss", random_state=0), iris),
    }
    for name, (model, (x, y)) in models.items():
        model.fit(x, y)
        save(f"sklearn-{name}", to_onnx(model, x[:1], name=name), {"X": x[::10][:16]})
    # The probabilities as a tensor.
    plain = LogisticRegression(max_iter=500).fit(*iris)
    save("sklearn-logistic-plain", to_onnx(plain, iris[0][:1], options={"zipmap": False}, name="plain"), {"X": iris[0][:8]})


def torch_models():
    import torch
    from torch import nn

    torch.manual_seed(3)

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4))

        def forward(self, x):
            return torch.relu(x + self.one(x))

    class Attention(nn.Module):
        """One block of a transformer over fixed lengths."""

        def __init__(self, width=16, heads=4):
            super().__init__()
            self.norm, self.qkv, self.out, self.heads = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width), heads
            self.mlp = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 32), nn.GELU(), nn.Linear(32, width))

        def forward(self, x):
            n, t, c = x.shape
            q, k, v = self.qkv(self.norm(x)).reshape(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
            a = torch.softmax(q @ k.transpose(-1, -2) / 2.0, -1) @ v
            x = x + self.out(a.transpose(1, 2).reshape(n, t, c))
            return x + self.mlp(x)

    models = {
        "mlp": (nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 10), nn.Softmax(-1)), (20,), 13),
        "cnn": (nn.Sequential(nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1, groups=2), nn.LeakyReLU(0.1), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16 * 16, 10), nn.LogSoftmax(1)), (1, 16, 16), 17),
        "residual": (nn.Sequential(nn.Conv2d(3, 4, 3, stride=2, padding=1), Residual(), Residual(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)), (3, 17, 19), 12),
        "attention": (Attention(), (6, 16), 17),
        "line": (nn.Sequential(nn.Conv1d(3, 6, 3, padding=2, dilation=2), nn.BatchNorm1d(6), nn.ELU(), nn.MaxPool1d(3, ceil_mode=True), nn.Flatten(), nn.Linear(42, 4), nn.Sigmoid()), (3, 20), 21),
        "functions": (type("Functions", (nn.Module,), {"forward": lambda self, x: torch.cat([x.clamp(-1, 1).exp(), (x.abs() + 1).sqrt().pow(1.5), x[:, 1:3].mean(1, keepdim=True).tanh(), x.sum(1, keepdim=True), x.max(1, keepdim=True).values], 1)})(), (5,), 9),
    }
    for name, (model, shape, opset) in models.items():
        model.eval()
        for module in model.modules():
            if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                nn.init.normal_(module.running_mean)
                nn.init.uniform_(module.running_var, 0.5, 2)
        x = torch.randn(3, *shape)
        out = io.BytesIO()
        torch.onnx.export(model, (x[:1],), out, dynamo=False, opset_version=opset, input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "n"}, "y": {0: "n"}})
        exported = onnx.load_from_string(out.getvalue())
        save(f"torch-{name}", exported, {"x": x.numpy()})
    try:
        model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3)).eval()
        x = torch.randn(3, 8)
        batch = torch.export.Dim("n", min=1)
        program = torch.onnx.export(model, (x,), dynamo=True, input_names=["x"], output_names=["y"], dynamic_shapes=({0: batch},))
        save("torch-dynamo", program.model_proto, {"x": x.numpy()})
    except Exception as error:
        print("torch-dynamo:", repr(error)[:300])


if __name__ == "__main__":
    operators()
    for number, part in enumerate(bundles):
        (HERE / f"operators-{number}.bundle").write_bytes(part.getvalue())
        print(cases, "operator cases,", len(part.getvalue()), "bytes")
    sklearn_models()
    torch_models()
