/// Windows that move over an image: kernel, steps, gaps and edges of Conv and the pools.
struct Window {
    private enum Edges { case given, sameUpper, sameLower, none }

    private let kernel: [Int]?
    private let strides: [Int]?
    private let dilations: [Int]?
    private let pads: [Int]?
    private let edges: Edges
    private let roundsUp: Bool

    /// Of one call, always of three axes: an image has a depth of 1, a line also a height of 1.
    struct Geometry {
        var input: [Int] = []
        var output: [Int] = []
        var kernel: [Int] = []
        var strides: [Int] = []
        var dilations: [Int] = []
        var begin: [Int] = []
        var end: [Int] = []
        /// Without the axes that were put in front.
        var outputShape: [Int] = []

        var outputCount: Int { output.reduce(1, *) }
        var inputCount: Int { input.reduce(1, *) }
        /// Every place sees itself alone.
        var isPoint: Bool { kernel == [1, 1, 1] && strides == [1, 1, 1] && begin == [0, 0, 0] && end == [0, 0, 0] }

        /// Steps of the window's axis that lie in the image, at an output's place.
        func inside(_ axis: Int, _ place: Int) -> Range<Int> {
            let start = place * strides[axis] - begin[axis]
            let first = start >= 0 ? 0 : (-start + dilations[axis] - 1) / dilations[axis]
            let room = input[axis] - start
            let last = room <= 0 ? 0 : min(kernel[axis], (room - 1) / dilations[axis] + 1)
            return first < last ? first..<last : 0..<0
        }
    }

    init(_ node: NodeReader) throws(ONNXError) {
        (kernel, strides) = (try Self.extents(node, "kernel_shape", 1), try Self.extents(node, "strides", 1))
        (dilations, pads) = (try Self.extents(node, "dilations", 1), try Self.extents(node, "pads", 0))
        roundsUp = try node.flag("ceil_mode")
        switch try node.text("auto_pad") ?? "NOTSET" {
        case "NOTSET", "": edges = .given
        case "SAME_UPPER": edges = .sameUpper
        case "SAME_LOWER": edges = .sameLower
        case "VALID": edges = .none
        default: throw node.refusal("has an auto_pad that ONNX does not know")
        }
    }

    /// Far above any real network's, and far below what could overflow.
    private static let largest = 1 << 20

    private static func extents(_ node: NodeReader, _ name: String, _ least: Int) throws(ONNXError) -> [Int]? {
        guard let values = try node.ints(name) else { return nil }
        guard values.count <= 6, values.allSatisfy({ (least...largest).contains($0) }) else { throw node.refusal("has '\(name)' out of bounds") }
        return values
    }

    /// - Parameter kernel: where the node does not say it itself.
    func geometry(_ spatial: [Int], kernel weights: [Int]? = nil) throws(Problem) -> Geometry {
        let rank = spatial.count
        guard (1...3).contains(rank) else { throw Problem("takes images of 1 to 3 spatial axes, not of \(rank)") }
        guard let kernel = weights ?? kernel else { throw Problem("has no kernel_shape") }
        if let own = self.kernel, own != kernel { throw Problem("has a kernel_shape \(own) and weights of \(kernel)") }
        let one = [Int](repeating: 1, count: rank)
        let (strides, dilations, pads) = (strides ?? one, dilations ?? one, pads ?? [Int](repeating: 0, count: 2 * rank))
        guard kernel.count == rank, strides.count == rank, dilations.count == rank, pads.count == 2 * rank else {
            throw Problem("has a kernel, strides, dilations or pads for another count of axes than \(rank)")
        }
        guard kernel.allSatisfy({ (1...Self.largest).contains($0) }) else { throw Problem("has a kernel \(kernel) out of bounds") }
        var geometry = Geometry()
        for axis in 0..<rank {
            let (extent, step) = (spatial[axis], strides[axis])
            let reach = (kernel[axis] - 1) * dilations[axis] + 1
            var (begin, end) = (pads[axis], pads[axis + rank])
            var places: Int
            switch edges {
            case .given, .none:
                if edges == .none { (begin, end) = (0, 0) }
                let room = extent + begin + end - reach
                guard room >= 0 else { throw Problem("has a kernel larger than its input, whose shape is \(spatial)") }
                places = room / step + 1
                if roundsUp, room % step != 0, places * step < extent + begin { places += 1 }
            case .sameUpper, .sameLower:
                places = (extent + step - 1) / step
                let pad = max(0, (places - 1) * step + reach - extent)
                begin = edges == .sameUpper ? pad / 2 : (pad + 1) / 2
                end = pad - begin
            }
            geometry.outputShape.append(places)
            geometry.begin.append(begin)
            geometry.end.append(end)
        }
        let front = [Int](repeating: 1, count: 3 - rank)
        let none = [Int](repeating: 0, count: 3 - rank)
        geometry.input = front + spatial
        geometry.output = front + geometry.outputShape
        (geometry.kernel, geometry.strides, geometry.dilations) = (front + kernel, front + strides, front + dilations)
        (geometry.begin, geometry.end) = (none + geometry.begin, none + geometry.end)
        return geometry
    }
}
