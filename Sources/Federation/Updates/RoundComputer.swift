package import Learning
package import RobustAggregation
internal import Strategies
package import WorkSharing

/// The arithmetic of a round: the new model, and what the server keeps besides it, from the old ones and the round's
/// updates. The same in production, simulator and benchmark.
package enum RoundComputer {
    /// What is committed together, in one transaction.
    package struct Step: Sendable, Equatable {
        package var model: ModelFile
        /// A file of the server's state; nil when the algorithm keeps none.
        package var state: [UInt8]?
    }

    /// - Parameters:
    ///   - state: the file that `job.state` names; nil when that is nil.
    ///   - source: updates in the order of `job.contributions`, `updateLength` numbers each.
    package static func step(
        from base: ModelFile, state: [UInt8]?, job: AggregationJob, source: some UpdateSource, crew: Crew = .alone
    ) throws(AggregationError) -> Step {
        try step(from: base, state: state, job: job, source: source, maxAbs: job.contributions.map(\.maxAbs), crew: crew)
    }

    /// - Parameter maxAbs: the largest magnitude in each update of the source.
    static func step(
        from base: ModelFile, state: [UInt8]?, job: AggregationJob, source: some UpdateSource, maxAbs: [Float], crew: Crew
    ) throws(AggregationError) -> Step {
        let strategy = job.strategy
        let needs = strategy.updateLength(parameters: base.parameters.count)
        guard source.dimension == needs else { throw .dimension(index: 0, has: source.dimension, needs: needs) }
        let combined = try aggregate(job.rule, source, weights: job.weights, maxAbs: maxAbs, crew: crew)
        var model = base
        do throws(StrategyError) {
            var kept = strategy.initialState(parameters: base.parameters.count)
            if let state { kept = try ServerState(decoding: state, strategy: strategy, parameters: base.parameters.count) }
            let steps = strategy.client == .normalised ? job.contributions.map { $0.steps ?? 0 } : []
            try strategy.advance(
                &model.parameters, &kept, combined: combined,
                round: Strategy.Round(weights: job.weights, steps: steps, allWeights: job.allWeights))
            return Step(model: model, state: strategy.isStateful ? kept.encode(strategy) : nil)
        } catch { throw .source("\(error); the round is not committed") }
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
