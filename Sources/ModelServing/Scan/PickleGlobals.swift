/// What a pickle of weights may name: functions that make tensors and arrays of what is in the file, and do nothing else.
/// The names are those of PyTorch's `weights_only` reader (torch/_weights_only_unpickler.py) and of NumPy's `__reduce__`.
enum PickleGlobals {
    static func isAllowed(_ module: String, _ name: String) -> Bool { allowed[module]?.contains(name) ?? false }

    private static let arrays: Set<String> = ["_reconstruct", "scalar"]
    private static let plain: Set<String> = ["set", "frozenset", "bytearray", "complex"]
    private static let storages = Set(
        ["Double", "Float", "Half", "Long", "Int", "Short", "Char", "Byte", "Bool", "BFloat16", "ComplexDouble", "ComplexFloat", "QInt8", "QInt32", "QUInt8"]
            .map { $0 + "Storage" })
    private static let types: Set<String> = [
        "float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64", "complex128", "float8_e4m3fn",
        "float8_e5m2", "double", "float", "half", "long", "int", "short",
    ]

    private static let allowed: [String: Set<String>] = [
        "collections": ["OrderedDict"], "builtins": plain, "__builtin__": plain, "_codecs": ["encode"],
        "torch": storages.union(types).union(["Size", "device", "Tensor"]),
        "torch.storage": ["UntypedStorage", "TypedStorage", "_UntypedStorage", "_TypedStorage"],
        "torch.nn.parameter": ["Parameter"], "torch.serialization": ["_get_layout"],
        "torch._utils": [
            "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter", "_rebuild_parameter_with_state", "_rebuild_qtensor",
            "_rebuild_sparse_tensor", "_rebuild_sparse_csr_tensor", "_rebuild_meta_tensor_no_storage",
        ],
        "numpy": ["ndarray", "dtype"], "numpy.core.multiarray": arrays, "numpy._core.multiarray": arrays,
        "numpy.core.numeric": ["_frombuffer"], "numpy._core.numeric": ["_frombuffer"],
    ]
}
