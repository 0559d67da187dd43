package import Learning
package import RobustAggregation

/// The arithmetic of a round: the new model from the old one and the round's deltas. The same in production, simulator
/// and benchmark.
package enum RoundComputer {
    /// - Parameter source: deltas in the order of `job.contributions`.
    package static func newModel(
        from base: ModelFile, job: AggregationJob, source: some UpdateSource
    ) throws(AggregationError) -> ModelFile {
        guard source.dimension == base.parameters.count else {
            throw .dimension(index: 0, has: source.dimension, needs: base.parameters.count)
        }
        let step = try aggregate(
            job.rule, source, weights: job.weights, maxAbs: job.contributions.map(\.maxAbs))
        var model = base
        for i in model.parameters.indices { model.parameters[i] += step[i] }
        if let bad = model.parameters.firstIndex(where: { !$0.isFinite }) {
            throw .source("the new model has a value that is not finite (parameter \(bad)); the round is not committed")
        }
        return model
    }

    /// Deltas as they are stored: the parameters' bits, little-endian, in the model's layout.
    package static func encode(delta: [Float]) -> [UInt8] {
        #if _endian(little)
            return delta.withUnsafeBytes { Array($0) }
        #else
            return delta.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        #endif
    }

    /// nil when the length does not fit.
    package static func decode(delta bytes: [UInt8], count: Int) -> [Float]? {
        guard bytes.count == count * 4 else { return nil }
        return bytes.withUnsafeBytes { raw in
            (0..<count).map { Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))) }
        }
    }
}
