package import DifferentialPrivacy
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
    ///   - noise: of a private round, once its charge is durable.
    package static func step(
        from base: ModelFile, state: [UInt8]?, job: AggregationJob, source: some UpdateSource, crew: Crew = .alone, noise: RandomWords? = nil
    ) throws(AggregationError) -> Step {
        let maxAbs = job.contributions.map(\.maxAbs)
        guard let privacy = job.privacy else {
            return try step(from: base, state: state, job: job, source: source, maxAbs: maxAbs, summands: source.count, crew: crew, noise: nil)
        }
        // Whoever did not clip is clipped here.
        let clipped = try ClippedUpdates(source, clip: privacy.l2Clip)
        return try step(from: base, state: state, job: job, source: clipped, maxAbs: maxAbs, summands: source.count, crew: crew, noise: noise)
    }

    /// - Parameters:
    ///   - maxAbs: the largest magnitude in each update of the source.
    ///   - summands: clients whose updates are in it.
    static func step(
        from base: ModelFile, state: [UInt8]?, job: AggregationJob, source: some UpdateSource, maxAbs: [Float], summands: Int, crew: Crew,
        noise: RandomWords?
    ) throws(AggregationError) -> Step {
        let strategy = job.strategy
        let needs = strategy.updateLength(parameters: base.parameters.count)
        guard source.dimension == needs else { throw .dimension(index: 0, has: source.dimension, needs: needs) }
        var kept = strategy.initialState(parameters: base.parameters.count)
        do throws(StrategyError) {
            if let state { kept = try ServerState(decoding: state, strategy: strategy, parameters: base.parameters.count) }
        } catch { throw .source("\(error); the round is not committed") }
        var combined = try aggregate(job.rule, source, weights: job.weights, maxAbs: maxAbs, reference: kept.reference, crew: crew)
        if let privacy = job.privacy { try release(&combined, privacy, summands: summands, noise: noise) }
        var model = base
        do throws(StrategyError) {
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
