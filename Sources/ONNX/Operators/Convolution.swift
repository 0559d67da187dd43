internal import Inference
internal import KernelTable

/// X[batch, channels, …] with W[filters, channels/groups, …]: patches as columns, then a product of matrices for each image and group.
struct Convolution: Operator {
    private let window: Window
    private let groups: Int

    init(_ node: NodeReader) throws(ONNXError) {
        window = try Window(node)
        groups = try node.int("group", default: 1)
        guard groups >= 1 else { throw node.refusal("has \(groups) groups") }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let (x, w) = (try inputs.floats(0), try inputs.floats(1))
        guard x.shape.count >= 3, w.shape.count == x.shape.count else { throw Problem("meets the shapes \(x.shape) and \(w.shape), which do not fit") }
        let (batch, channels, filters) = (x.shape[0], x.shape[1], w.shape[0])
        guard channels % groups == 0, filters % groups == 0, w.shape[1] == channels / groups else {
            throw Problem("has \(channels) channels, weights of \(w.shape) and \(groups) groups, which do not fit")
        }
        let geometry = try window.geometry(Array(x.shape.dropFirst(2)), kernel: Array(w.shape.dropFirst(2)))
        let shape = [batch, filters] + geometry.outputShape
        let count = try workspace.count(shape, .float)
        var bias: [Float]?
        if inputs.optional(2) != nil {
            let b = try inputs.floats(2)
            guard b.shape == [filters] else { throw Problem("has a bias of the shape \(b.shape) for \(filters) filters") }
            bias = b.values
        }
        let (places, own) = (geometry.outputCount, channels / groups)
        let depth = Workspace.product(own, geometry.kernel.reduce(1, *))
        let rows = filters / groups
        guard count > 0 else { return [try tensor(shape, .float([]))] }
        guard depth > 0 else { return [try tensor(shape, .float(Self.filled(count, bias, places)))] }
        try workspace.spend(Workspace.product(count, depth))
        let columnCount = geometry.isPoint ? 0 : try workspace.count([depth, places], .float)
        var columns = [Float](repeating: 0, count: columnCount)
        let kernels = workspace.kernels
        var scratch = [Float](repeating: 0, count: max(1, kernels.sgemmScratchCount(rows, places, depth)))
        var result = Self.filled(count, bias, places)
        x.values.withUnsafeBufferPointer { x in
            w.values.withUnsafeBufferPointer { w in
                result.withUnsafeMutableBufferPointer { y in
                    scratch.withUnsafeMutableBufferPointer { scratch in
                        columns.withUnsafeMutableBufferPointer { columns in
                            guard let x = x.baseAddress, let w = w.baseAddress, let y = y.baseAddress, let scratch = scratch.baseAddress else { return }
                            for image in 0..<batch {
                                for group in 0..<groups {
                                    let source = x + (image * channels + group * own) * geometry.inputCount
                                    var patches = source
                                    if !geometry.isPoint, let columns = columns.baseAddress {
                                        Self.unfold(source, own, geometry, columns)
                                        patches = UnsafePointer(columns)
                                    }
                                    kernels.sgemm(
                                        rows, places, depth, w + group * rows * depth, depth, 1, patches, places, 1,
                                        y + (image * filters + group * rows) * places, places, true, scratch)
                                }
                            }
                        }
                    }
                }
            }
        }
        return [try tensor(shape, .float(result))]
    }

    /// The bias of each filter at all of its places, or zeros: what the products are added to.
    private static func filled(_ count: Int, _ bias: [Float]?, _ places: Int) -> [Float] {
        guard let bias else { return [Float](repeating: 0, count: count) }
        return [Float](unsafeUninitializedCapacity: count) { result, filled in
            while filled < count {
                for value in bias {
                    (result.baseAddress.map { $0 + filled })?.initialize(repeating: value, count: places)
                    filled += places
                }
            }
        }
    }

    /// columns[channels·kernel, places]: what each step of the window sees at each place; 0 beyond the edge.
    private static func unfold(_ x: UnsafePointer<Float>, _ channels: Int, _ geometry: Window.Geometry, _ columns: UnsafeMutablePointer<Float>) {
        let (input, output, kernel) = (geometry.input, geometry.output, geometry.kernel)
        let (strides, dilations, begin) = (geometry.strides, geometry.dilations, geometry.begin)
        var target = columns
        for channel in 0..<channels {
            let plane = x + channel * geometry.inputCount
            for step in 0..<kernel[0] * kernel[1] * kernel[2] {
                let (deep, high, wide) = (step / (kernel[1] * kernel[2]), step / kernel[2] % kernel[1], step % kernel[2])
                let left = wide * dilations[2] - begin[2]
                // Places whose column lies in the image.
                let first = left >= 0 ? 0 : min(output[2], (-left + strides[2] - 1) / strides[2])
                let last = left >= input[2] ? first : max(first, min(output[2], (input[2] - 1 - left) / strides[2] + 1))
                for z in 0..<output[0] {
                    let depth = z * strides[0] + deep * dilations[0] - begin[0]
                    for y in 0..<output[1] {
                        let row = y * strides[1] + high * dilations[1] - begin[1]
                        if depth >= 0, depth < input[0], row >= 0, row < input[1] {
                            let line = plane + (depth * input[1] + row) * input[2]
                            target.update(repeating: 0, count: first)
                            if strides[2] == 1 {
                                if last > first { (target + first).update(from: line + first + left, count: last - first) }
                            } else {
                                for place in first..<last { target[place] = line[place * strides[2] + left] }
                            }
                            (target + last).update(repeating: 0, count: output[2] - last)
                        } else {
                            target.update(repeating: 0, count: output[2])
                        }
                        target += output[2]
                    }
                }
            }
        }
    }
}
