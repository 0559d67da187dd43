internal import Inference
internal import KernelTable

/// Names on their way to places: every name is made once, before it is read. What is known already is computed here.
struct GraphBuilder {
    private(set) var nodes: [Graph.Node] = []
    private(set) var constants: [Tensor?] = []
    /// Of each node.
    private(set) var attributeBytes: [Int] = []
    /// Places of sequences of maps, which are outputs of the graph and nothing else.
    private(set) var maps: [Int: Labels] = [:]
    private var slots: [String: Int] = [:]
    private var folding: Workspace
    /// Names that some node makes: whether a name that is not there yet comes later.
    private let made: Set<String>

    init(_ message: GraphMessage, kernels: KernelTable, folding: RunLimits) {
        self.folding = Workspace(kernels: kernels, limits: folding)
        made = Set(message.nodes.flatMap(\.outputs))
    }

    func slot(_ name: String) -> Int? { slots[name] }

    func isConstant(_ name: String) -> Bool { slots[name].map { constants[$0] != nil } ?? false }

    @discardableResult mutating func define(_ name: String, constant: Tensor?) throws(ONNXError) -> Int {
        guard !name.isEmpty else { throw .graph(at: "a value", problem: "has no name") }
        guard slots.updateValue(constants.count, forKey: name) == nil else { throw .graph(at: "the value '\(shown(name))'", problem: "is made twice") }
        constants.append(constant)
        return constants.count - 1
    }

    mutating func add(_ message: NodeMessage, opset: Int) throws(ONNXError) {
        let reader = NodeReader(message: message, opset: opset)
        guard let type = OperatorTable.type(message.type, domain: message.domain) else { throw .operators([shown(message.type)], more: 0) }
        var inputs: [Int?] = []
        for name in message.inputs {
            if name.isEmpty {
                inputs.append(nil)
                continue
            }
            guard let slot = slots[name] else {
                let why = made.contains(name) ? "which a later node makes: the nodes are not in order, or go round in a circle" : "which nothing makes"
                throw reader.refusal("takes '\(shown(name))', \(why)")
            }
            guard maps[slot] == nil else { throw reader.refusal("takes a sequence of maps, which is not computed here") }
            inputs.append(slot)
        }
        let operation = try type.init(reader)
        var outputs: [Int?] = []
        for name in message.outputs { outputs.append(name.isEmpty ? nil : try define(name, constant: nil)) }
        if let map = operation as? ZipMap, let slot = outputs.first ?? nil {
            maps[slot] = map.labels
            outputs = [slot, try define(message.outputs[0] + ZipMap.keySuffix, constant: nil)]
        }
        if fold(operation, inputs, outputs) { return }
        nodes.append(Graph.Node(place: reader.place, operation: operation, inputs: inputs, outputs: outputs))
        attributeBytes.append(message.attributes.values.reduce(0) { $0 + $1.bytes })
    }

    /// Whether all it computes is known now. What cannot be computed, or is too large, is left for the run, which says so.
    private mutating func fold(_ operation: any Operator, _ inputs: [Int?], _ outputs: [Int?]) -> Bool {
        guard inputs.allSatisfy({ $0.map { constants[$0] != nil } ?? true }), maps.isEmpty || !(operation is ZipMap) else { return false }
        guard !inputs.isEmpty || operation is Constant else { return false }
        let arguments = Arguments(tensors: inputs.map { $0.flatMap { constants[$0] } })
        guard (try? folding.spend(1 + arguments.elements)) != nil else { return false }
        guard let results = try? operation.run(arguments, &folding), results.count >= outputs.count else { return false }
        if !(operation is Constant) {
            for result in results {
                guard (try? folding.spend(result.count)) != nil, (try? folding.take(result)) != nil else { return false }
            }
        }
        for (slot, result) in zip(outputs, results) { if let slot { constants[slot] = result } }
        return true
    }
}

extension AttributeValue {
    var bytes: Int {
        switch self {
        case .float, .int, .other: 8
        case .text(let text): text.utf8.count
        case .tensor(let tensor): tensor.bytes
        case .floats(let numbers): 4 * numbers.count
        case .ints(let numbers): 8 * numbers.count
        case .texts(let texts): texts.reduce(0) { $0 + 16 + $1.utf8.count }
        }
    }
}
