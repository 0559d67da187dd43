internal import KernelTable
internal import RobustAggregation
internal import TensorKernels

/// Updates of which none is longer than the clip: a longer one is scaled down as it is read.
struct ClippedUpdates<Source: UpdateSource>: UpdateSource {
    private let source: Source
    /// By update; 1 where nothing is scaled.
    let factors: [Float]

    /// - Parameter clip: the largest L2 norm. What is scaled stays below it by 2^-20, so that rounding does not bring it above.
    init(_ source: Source, clip: Double, kernels: KernelTable? = nil) throws(AggregationError) {
        let table = kernels ?? Kernels.active
        let width = min(source.dimension, 1 << 16)
        let buffer = UnsafeMutablePointer<Float>.allocate(capacity: width)
        defer { buffer.deallocate() }
        var factors: [Float] = []
        for index in 0..<source.count {
            var squares = 0.0
            for start in stride(from: 0, to: source.dimension, by: width) {
                let range = start..<min(start + width, source.dimension)
                try source.read(index, range, into: buffer)
                squares += table.sumOfSquares(buffer, range.count)
            }
            let norm = squares.squareRoot()
            guard norm.isFinite else { throw .source("\(source.name(index)) holds numbers that have no norm") }
            factors.append(norm <= clip * (1 - 0x1p-20) ? 1 : Float(clip * (1 - 0x1p-20) / norm))
        }
        self.source = source
        self.factors = factors
    }

    var count: Int { source.count }
    var dimension: Int { source.dimension }
    func name(_ index: Int) -> String { source.name(index) }

    func read(_ index: Int, _ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) throws(AggregationError) {
        try source.read(index, range, into: buffer)
        guard factors[index] < 1 else { return }
        for i in 0..<range.count { buffer[i] *= factors[index] }
    }
}
