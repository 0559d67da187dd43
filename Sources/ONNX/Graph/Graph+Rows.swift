internal import Inference
internal import KernelTable

extension Graph {
    /// Whether calls may be put together: the first extents of inputs and outputs are open, and two rows get the same answers alone and
    /// together. That is tried with numbers that a fixed seed makes. Where it cannot be tried, the answer is no: a batch that mixes
    /// its rows would show one caller's data in another's answer.
    func isRowwise(kernels: KernelTable, limits: RunLimits) -> Bool {
        let ports = inputs + outputs
        guard !inputs.isEmpty, ports.allSatisfy({ $0.spec.shape.first == -1 }) else { return false }
        // Other open extents have no value that is known to make sense.
        guard inputs.allSatisfy({ $0.spec.shape.dropFirst().allSatisfy { $0 >= 0 } }) else { return false }
        var generator = ProbeNumbers()
        var rows: [[NamedTensor]] = [[], []]
        var both: [NamedTensor] = []
        for port in inputs {
            let shape = Array(port.spec.shape.dropFirst())
            guard let count = boundedCount(shape), count <= Limits.probedElements else { return false }
            let values = (0..<2).map { _ in generator.values(count, port.spec.element) }
            for row in 0..<2 {
                guard let tensor = Tensor(shape: [1] + shape, values[row]) else { return false }
                rows[row].append(NamedTensor(port.spec.name, tensor))
            }
            guard let joined = values[0].joined(values[1]), let tensor = Tensor(shape: [2] + shape, joined) else { return false }
            both.append(NamedTensor(port.spec.name, tensor))
        }
        guard let first = try? run(rows[0], kernels: kernels, limits: limits), let second = try? run(rows[1], kernels: kernels, limits: limits),
            let together = try? run(both, kernels: kernels, limits: limits)
        else { return false }
        for index in together.indices {
            let (a, b, c) = (first[index].tensor, second[index].tensor, together[index].tensor)
            guard a.shape.first == 1, a.shape == b.shape, c.shape == [2] + a.shape.dropFirst() else { return false }
            guard let joined = a.values.joined(b.values), joined.isClose(to: c.values) else { return false }
        }
        return true
    }
}

/// Numbers for trials: always the same, none like the other.
private struct ProbeNumbers {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    private mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 53)
    }

    mutating func values(_ count: Int, _ element: Tensor.Element) -> Tensor.Values {
        switch element {
        case .float: .float((0..<count).map { _ in Float(4 * next() - 2) })
        case .double: .double((0..<count).map { _ in 4 * next() - 2 })
        // Small: they may be indices.
        case .int64: .int64((0..<count).map { _ in Int64(3 * next()) })
        case .int32: .int32((0..<count).map { _ in Int32(3 * next()) })
        case .uint8: .uint8((0..<count).map { _ in UInt8(3 * next()) })
        case .bool: .bool((0..<count).map { _ in next() < 0.5 })
        case .text: .text((0..<count).map { _ in next() < 0.5 ? "a" : "b" })
        }
    }
}

extension Tensor.Values {
    fileprivate func joined(_ other: Tensor.Values) -> Tensor.Values? {
        switch (self, other) {
        case (.float(let a), .float(let b)): .float(a + b)
        case (.double(let a), .double(let b)): .double(a + b)
        case (.int64(let a), .int64(let b)): .int64(a + b)
        case (.int32(let a), .int32(let b)): .int32(a + b)
        case (.uint8(let a), .uint8(let b)): .uint8(a + b)
        case (.bool(let a), .bool(let b)): .bool(a + b)
        case (.text(let a), .text(let b)): .text(a + b)
        default: nil
        }
    }

    /// Products of matrices may round differently when there are more rows. NaN is close to nothing: it would hide a mixture.
    fileprivate func isClose(to other: Tensor.Values) -> Bool {
        func close(_ a: [Double], _ b: [Double]) -> Bool {
            let scale = a.reduce(0) { $0.magnitude < $1.magnitude ? $1.magnitude : $0 }
            return a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || abs($0 - $1) <= 1e-4 * scale }
        }
        switch (self, other) {
        case (.float(let a), .float(let b)): return close(a.map(Double.init), b.map(Double.init))
        case (.double(let a), .double(let b)): return close(a, b)
        default: return self == other
        }
    }
}
