internal import Inference
internal import KernelTable

extension Graph {
    func run(_ given: [NamedTensor], kernels: KernelTable, limits: RunLimits) throws(InferenceError) -> [NamedTensor] {
        var values = constants
        try place(given, in: &values)
        var workspace = Workspace(kernels: kernels, limits: limits)
        for node in nodes {
            do throws(Problem) {
                try compute(node, &values, &workspace)
            } catch {
                throw .unsupported("\(node.place) \(error.text)")
            }
        }
        var results: [NamedTensor] = []
        for output in outputs {
            guard let value = values[output.slot] else { throw .unsupported("The output '\(shown(output.spec.name))' was not computed") }
            guard value.element == output.spec.element else {
                throw .unsupported("The output '\(shown(output.spec.name))' is \(value.element.rawValue), and the file says \(output.spec.element.rawValue)")
            }
            results.append(NamedTensor(output.spec.name, value))
        }
        return results
    }

    private func compute(_ node: Node, _ values: inout [Tensor?], _ workspace: inout Workspace) throws(Problem) {
        let arguments = Arguments(tensors: node.inputs.map { $0.flatMap { values[$0] } })
        try workspace.spend(1 + arguments.elements)
        let results = try node.operation.run(arguments, &workspace)
        for (index, slot) in node.outputs.enumerated() {
            guard let slot else { continue }
            guard index < results.count else { throw Problem("does not compute its output \(index) here") }
            let result = results[index]
            guard result.shape.count <= Limits.dimensions, boundedCount(result.shape) != nil else { throw Problem("makes a tensor that is too large") }
            try workspace.spend(result.count)
            try workspace.take(result)
            values[slot] = result
        }
        for slot in node.releases {
            if let value = values[slot] { workspace.giveBack(value) }
            values[slot] = nil
        }
    }

    /// Every input once, of the kind and shape that the file says; extents of one name are equal.
    private func place(_ given: [NamedTensor], in values: inout [Tensor?]) throws(InferenceError) {
        var named: [String: Int] = [:]
        for tensor in given {
            guard let port = inputs.first(where: { $0.spec.name == tensor.name }) else {
                throw .input(
                    name: shown(tensor.name),
                    problem: "does not exist; the model has \(inputs.prefix(16).map { "'\(shown($0.spec.name))'" }.joined(separator: ", "))")
            }
            let (name, tensor) = (shown(tensor.name), tensor.tensor)
            guard values[port.slot] == nil else { throw .input(name: name, problem: "is given twice") }
            guard tensor.element == port.spec.element else {
                throw .input(name: name, problem: "is \(tensor.element.rawValue) and must be \(port.spec.element.rawValue)")
            }
            guard tensor.shape.count == port.extents.count else {
                throw .input(name: name, problem: "has the shape \(tensor.shape.prefix(Limits.dimensions)) and must have \(port.extents.count) dimensions")
            }
            guard boundedCount(tensor.shape) != nil else { throw .input(name: name, problem: "has more than \(Limits.elements) elements") }
            for (axis, extent) in port.extents.enumerated() {
                let own = tensor.shape[axis]
                switch extent {
                case .number(let number): if own != number { throw .input(name: name, problem: "has \(own) at the axis \(axis) and must have \(number)") }
                case .named(let symbol):
                    if let known = named.updateValue(own, forKey: symbol), known != own {
                        throw .input(name: name, problem: "has \(own) at the axis \(axis), and another input has \(known) for '\(shown(symbol))'")
                    }
                case .unknown: break
                }
            }
            values[port.slot] = tensor
        }
        for port in inputs where values[port.slot] == nil { throw .input(name: shown(port.spec.name), problem: "is missing") }
    }
}
