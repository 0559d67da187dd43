internal import Inference

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// By the means and variances of the training (Ioffe and Szegedy 2015): every channel times a number, plus another.
struct BatchNormalisation: Operator {
    private let epsilon: Float

    init(_ node: NodeReader) throws(ONNXError) {
        epsilon = try node.float("epsilon", default: 1e-5)
        if try node.flag("training_mode") || node.uses(output: 1) { throw node.refusal("is in training mode; export the model for inference (eval)") }
        if try node.int("spatial") == 0 { throw node.refusal("has statistics for every place (spatial=0), which is not computed here") }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let x = try inputs.floats(0)
        guard x.shape.count >= 2 else { throw Problem("takes batches with channels, not the shape \(x.shape)") }
        let channels = x.shape[1]
        var parts: [[Float]] = []
        for index in 1...4 {
            let part = try inputs.floats(index)
            guard part.shape == [channels] else { throw Problem("has an input \(index) of the shape \(part.shape) for \(channels) channels") }
            parts.append(part.values)
        }
        let count = try workspace.count(x.shape, .float)
        guard count > 0 else { return [try tensor(x.shape, .float([]))] }
        let scales = (0..<channels).map { parts[0][$0] / (parts[3][$0] + epsilon).squareRoot() }
        let shifts = (0..<channels).map { parts[1][$0] - parts[2][$0] * scales[$0] }
        let size = x.shape.dropFirst(2).reduce(1, *)
        var result = x.values
        for plane in 0..<x.shape[0] * channels {
            let (scale, shift) = (scales[plane % channels], shifts[plane % channels])
            for index in plane * size..<(plane + 1) * size { result[index] = result[index] * scale + shift }
        }
        return [try tensor(x.shape, .float(result))]
    }
}

/// Over the last axes, by their own mean and variance (Ba et al. 2016).
struct LayerNormalisation: Operator {
    private let axis: Int
    private let epsilon: Double

    init(_ node: NodeReader) throws(ONNXError) {
        (axis, epsilon) = (try node.int("axis", default: -1), Double(try node.float("epsilon", default: 1e-5)))
        if node.uses(output: 1) || node.uses(output: 2) { throw node.refusal("is asked for means and deviations, which are only needed for training") }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let (x, scale) = (try inputs.floats(0), try inputs.floats(1))
        let axis = try normalised(axis, rank: x.shape.count)
        let count = try workspace.count(x.shape, .float)
        let size = x.shape.dropFirst(axis).reduce(1, *)
        let own = Array(x.shape.dropFirst(axis))
        let scales = try spread(scale, over: own)
        let shifts = inputs.optional(2) == nil ? nil : try spread(try inputs.floats(2), over: own)
        var result = x.values
        guard count > 0 else { return [try tensor(x.shape, .float([]))] }
        for start in stride(from: 0, to: count, by: size) {
            let row = x.values[start..<start + size]
            let mean = row.reduce(0.0) { $0 + Double($1) } / Double(size)
            let variance = row.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(size)
            let factor = 1 / (variance + epsilon).squareRoot()
            for index in 0..<size {
                result[start + index] = Float((Double(x.values[start + index]) - mean) * factor) * scales[index] + (shifts?[index] ?? 0)
            }
        }
        return [try tensor(x.shape, .float(result))]
    }

    private func spread(_ part: (shape: [Int], values: [Float]), over shape: [Int]) throws(Problem) -> [Float] {
        guard part.shape.count <= shape.count, try Broadcast(part.shape, shape).shape == shape else {
            throw Problem("has a scale or bias of the shape \(part.shape) for \(shape)")
        }
        return Broadcast.view(of: part.shape, as: shape).copy(part.values)
    }
}

/// Softmax and LogSoftmax. Before opset 13 all axes from the given one on are one row.
struct Softmax: Operator {
    private let axis: Int
    private let flattens: Bool
    private let isLog: Bool

    init(_ node: NodeReader) throws(ONNXError) {
        flattens = node.opset < 13
        axis = try node.int("axis", default: flattens ? 1 : -1)
        isLog = node.type == "LogSoftmax"
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        // The axis behind the last is a row of one element, where rows are flattened.
        let axis = flattens && axis == input.shape.count ? axis : try normalised(axis, rank: input.shape.count)
        _ = try workspace.count(input.shape, input.element)
        guard input.count > 0 else { return [input] }
        let size = flattens ? input.shape.dropFirst(axis).reduce(1, *) : axis < input.shape.count ? input.shape[axis] : 1
        let inner = flattens ? 1 : input.shape.dropFirst(axis + 1).reduce(1, *)
        switch input.values {
        case .float(let x): return [try tensor(input.shape, .float(rows(x.map(Double.init), size, inner).map { Float($0) }))]
        case .double(let x): return [try tensor(input.shape, .double(rows(x, size, inner)))]
        default: throw Problem("does not take \(input.element.rawValue)")
        }
    }

    private func rows(_ x: [Double], _ size: Int, _ inner: Int) -> [Double] {
        var result = x
        for start in stride(from: 0, to: x.count, by: size * inner) {
            for first in start..<start + inner {
                let places = stride(from: first, to: first + size * inner, by: inner)
                var most = -Double.infinity
                for place in places { most = max(most, x[place]) }
                var sum = 0.0
                for place in places {
                    result[place] = exp(x[place] - most)
                    sum += result[place]
                }
                if isLog {
                    let shift = most + log(sum)
                    for place in places { result[place] = x[place] - shift }
                } else {
                    for place in places { result[place] /= sum }
                }
            }
        }
        return result
    }
}
