internal import Inference
internal import KernelTable

/// Nodes in the order in which they are computed, with names resolved into places of one list.
struct Graph: Sendable {
    struct Node: Sendable {
        /// In errors.
        let place: String
        let operation: any Operator
        let inputs: [Int?]
        let outputs: [Int?]
        /// Places that no later node reads.
        var releases: [Int] = []
    }
    struct Port: Sendable {
        var spec: TensorSpec
        var extents: [ValueMessage.Extent]
        var slot: Int
    }

    private(set) var nodes: [Node] = []
    /// By place; nil: comes from outside or is computed.
    private(set) var constants: [Tensor?] = []
    private(set) var inputs: [Port] = []
    private(set) var outputs: [Port] = []
    /// Of weights that are kept, in tensors and in attributes.
    private(set) var memoryBytes = 0

    /// - Parameter folding: what may be computed now, of constants alone.
    init(_ message: ModelMessage, kernels: KernelTable, folding: RunLimits = Limits.folding) throws(ONNXError) {
        try Self.check(message)
        var builder = GraphBuilder(message.graph, kernels: kernels, folding: folding)
        for initializer in message.graph.initializers { try builder.define(initializer.name, constant: initializer.tensor) }
        for input in message.graph.inputs where !builder.isConstant(input.name) {
            let (tensorType, element) = try Self.type(input, "input")
            let slot = try builder.define(input.name, constant: nil)
            inputs.append(Port(spec: Self.spec(input.name, element, tensorType.extents ?? []), extents: tensorType.extents ?? [], slot: slot))
        }
        for node in message.graph.nodes { try builder.add(node, opset: Int(message.opsets[node.domain] ?? 0)) }
        for output in message.graph.outputs { outputs += try Self.ports(output, builder) }
        guard !outputs.isEmpty else { throw .graph(at: "the graph", problem: "has no outputs") }
        (nodes, constants) = (builder.nodes, builder.constants)
        prune(attributeBytes: builder.attributeBytes)
    }

    /// Domains and versions that are known, and no operator that is not.
    private static func check(_ message: ModelMessage) throws(ONNXError) {
        var unknown: Set<String> = []
        for domain in Set(message.graph.nodes.map(\.domain)).sorted() {
            guard let versions = OperatorTable.versions(domain) else { throw .domain(shown(domain)) }
            let name = domain.isEmpty ? "ai.onnx" : domain
            guard let version = message.opsets[domain] else { throw .opset(domain: name, version: nil) }
            guard versions.contains(version) else { throw .opset(domain: name, version: version) }
        }
        for node in message.graph.nodes where OperatorTable.type(node.type, domain: node.domain) == nil {
            unknown.insert(node.domain.isEmpty ? shown(node.type) : "\(node.domain).\(shown(node.type))")
        }
        if !unknown.isEmpty {
            throw .operators(Array(unknown.sorted().prefix(Limits.listedOperators)), more: max(0, unknown.count - Limits.listedOperators))
        }
    }

    private static func type(_ value: ValueMessage, _ what: String) throws(ONNXError) -> (ValueMessage.TensorType, Tensor.Element) {
        guard case .tensor(let type) = value.kind else { throw .type(of: shown(value.name), type: "no tensor") }
        guard let element = ElementCode.element(type.code) else { throw .type(of: shown(value.name), type: ElementCode.name(type.code)) }
        guard type.extents != nil else {
            throw .graph(
                at: "the \(what) '\(shown(value.name))'", problem: "has no shape; add it with onnx.shape_inference.infer_shapes and save the model again")
        }
        return (type, element)
    }

    private static func spec(_ name: String, _ element: Tensor.Element, _ extents: [ValueMessage.Extent]) -> TensorSpec {
        TensorSpec(name: name, element: element, shape: extents.map { if case .number(let extent) = $0 { extent } else { -1 } })
    }

    /// One for each output; two for a sequence of maps.
    private static func ports(_ output: ValueMessage, _ builder: GraphBuilder) throws(ONNXError) -> [Port] {
        guard let slot = builder.slot(output.name) else {
            throw .graph(at: "the output '\(shown(output.name))'", problem: "is made by no node")
        }
        guard let labels = builder.maps[slot] else {
            let (type, element) = try type(output, "output")
            return [Port(spec: spec(output.name, element, type.extents ?? []), extents: type.extents ?? [], slot: slot)]
        }
        guard let keys = builder.slot(output.name + ZipMap.keySuffix) else { throw .graph(at: "the output '\(shown(output.name))'", problem: "has no keys") }
        let extents = [ValueMessage.Extent.unknown, .number(labels.count)]
        let element: Tensor.Element = if case .ints = labels { .int64 } else { .text }
        return [
            Port(spec: spec(output.name, .float, extents), extents: extents, slot: slot),
            Port(spec: spec(output.name + ZipMap.keySuffix, element, extents), extents: extents, slot: keys),
        ]
    }

    /// Takes out what no output needs, and notes where each tensor is read last.
    private mutating func prune(attributeBytes: [Int]) {
        var isNeeded = [Bool](repeating: false, count: constants.count)
        for output in outputs { isNeeded[output.slot] = true }
        // What the caller gave or gets stays.
        var isKept = isNeeded
        for input in inputs { isKept[input.slot] = true }
        var isReleased = [Bool](repeating: false, count: constants.count)
        var result: [Node] = []
        for index in nodes.indices.reversed() {
            var node = nodes[index]
            guard node.outputs.contains(where: { $0.map { isNeeded[$0] } ?? false }) else { continue }
            for slot in (node.inputs + node.outputs).compactMap({ $0 }) {
                isNeeded[slot] = true
                guard !isReleased[slot], constants[slot] == nil, !isKept[slot] else { continue }
                isReleased[slot] = true
                node.releases.append(slot)
            }
            memoryBytes += attributeBytes[index]
            result.append(node)
        }
        nodes = result.reversed()
        for slot in constants.indices {
            if let constant = constants[slot], isNeeded[slot] { memoryBytes += constant.bytes } else { constants[slot] = nil }
        }
    }
}

extension Tensor {
    /// In memory, texts with what they say.
    var bytes: Int {
        guard case .text(let texts) = values else { return count * element.bytes }
        return texts.reduce(0) { $0 + element.bytes + $1.utf8.count }
    }
}
