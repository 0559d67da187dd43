internal import Compute
package import Inference
internal import Learning
internal import Synchronization

/// What runs of a model took, measured now.
package struct ModelProfile: Sendable, Equatable {
    package struct Batch: Sendable, Equatable {
        package var rows: Int
        package var runs: Int
        /// Seconds of one run.
        package var mean: Double
        package var median: Double
        package var p99: Double
        package var rowsPerSecond: Double { mean > 0 ? Double(rows) / mean : 0 }
    }
    package var batches: [Batch]
    /// The time was over before all runs were made.
    package var isCutShort = false

    package init(batches: [Batch]) { self.batches = batches }

    /// Of one row at a time, or of the smallest batch there is.
    package var single: Batch? { batches.first }

    /// What the runs themselves say; empty: nothing that is worth a change.
    package var suggestions: [String] {
        guard let single, single.rowsPerSecond > 0, let best = batches.dropFirst().max(by: { $0.rowsPerSecond < $1.rowsPerSecond }) else { return [] }
        let gain = best.rowsPerSecond / single.rowsPerSecond
        guard gain >= 1.2 else { return [] }
        return ["batch \(best.rows) gives \((gain * 10).rounded() / 10)x the rows/s of batch \(single.rows)"]
    }

    /// - Parameter seconds: of each run; at least one.
    package static func batch(rows: Int, seconds: [Double]) -> Batch? {
        guard !seconds.isEmpty else { return nil }
        let sorted = seconds.sorted()
        func rank(_ q: Double) -> Double { sorted[min(sorted.count - 1, max(0, Int((q * Double(sorted.count)).rounded(.up)) - 1))] }
        return Batch(rows: rows, runs: seconds.count, mean: seconds.reduce(0, +) / Double(seconds.count), median: rank(0.5), p99: rank(0.99))
    }
}

extension ModelRuntime {
    private static let warmUps = 3

    /// Runs a model that is loaded some times on a thread of its own, while everything else goes on as it does.
    ///
    /// - Parameters:
    ///   - inputs: rows that are repeated to fill a batch; nil: zeros, which take as long as other numbers.
    ///   - batches: rows of a run; a model that takes no batches runs its input alone.
    package func profile(
        _ id: String, tenant: String, inputs: [NamedTensor]?, runs: Int, batches: [Int]
    ) async throws(RuntimeError) -> (profile: ModelProfile, model: ServableModel) {
        if let (upstream, _) = upstreams?.tensorModel(id) { throw .notOurs(id: id, upstream: upstream.server.backend) }
        let key = ModelKey(tenant: tenant, id: id)
        let found: (instance: Int, loaded: Loaded)? = state.withLock { state in
            guard let number = state.board.ready(key), let loaded = state.loaded[number] else { return nil }
            _ = state.board.enter(key)
            return (number, loaded)
        }
        guard let (instance, loaded) = found else { throw .notLoaded(id) }
        defer { state.withLock { state in for number in state.board.exit(instance) { state.loaded[number] = nil } } }
        return (try await profile(loaded.model, inputs, runs, batches), loaded.record)
    }

    /// The same of the coordinator's own kernels: a perceptron of 784, 256, 128 and 10 on images of nothing.
    package func profilePlatform(runs: Int, batches: [Int]) async throws(RuntimeError) -> ModelProfile {
        let spec = ModelSpec(kind: .mlp, layers: [784, 256, 128, 10])
        let file = ModelFile(
            spec: spec, schema: DataSchema(inputs: 784, outputs: 10, scale: .none), parameters: [Float](repeating: 0.01, count: spec.parameterCount))
        return try await profile(LearningModel(file), nil, runs, batches)
    }

    private func profile(
        _ model: any RunnableModel, _ inputs: [NamedTensor]?, _ runs: Int, _ batches: [Int]
    ) async throws(RuntimeError) -> ModelProfile {
        if let inputs { do { try model.inputs.check(inputs) } catch { throw .inference(error) } }
        let sizes = model.isBatched ? batches.map { min(max(1, $0), RuntimeLimits.profileRows) }.prefix(RuntimeLimits.profileBatches) : [1]
        let count = min(max(1, runs), RuntimeLimits.profileRuns)
        let made = await loading.run { () -> Result<ModelProfile, RuntimeError> in
            do throws(InferenceError) { return .success(try Self.measure(model, inputs, count, Array(sizes))) } catch { return .failure(.inference(error)) }
        }
        return try made.get()
    }

    private static func measure(_ model: any RunnableModel, _ inputs: [NamedTensor]?, _ runs: Int, _ sizes: [Int]) throws(InferenceError) -> ModelProfile {
        var profile = ModelProfile(batches: [])
        let end = now + RuntimeLimits.profileSeconds
        for rows in sizes {
            let batch = try filled(model, inputs, rows)
            for _ in 0..<warmUps where now < end { _ = try model.run(batch) }
            var seconds: [Double] = []
            while seconds.count < runs, now < end || seconds.isEmpty {
                let begin = nanoseconds()
                _ = try model.run(batch)
                seconds.append(Double(nanoseconds() &- begin) / 1e9)
            }
            if seconds.count < runs { profile.isCutShort = true }
            if let one = ModelProfile.batch(rows: rows, seconds: seconds) { profile.batches.append(one) }
            if now >= end { break }
        }
        return profile
    }

    private static func filled(_ model: any RunnableModel, _ inputs: [NamedTensor]?, _ rows: Int) throws(InferenceError) -> [NamedTensor] {
        if let inputs {
            guard model.isBatched else { return inputs }
            let sample = parted(inputs, rows: [Int](repeating: 1, count: inputs.rows ?? 0)) ?? []
            guard !sample.isEmpty, let batch = joined((0..<rows).map { sample[$0 % sample.count] }) else {
                throw .unsupported("The inputs have not all the same number of rows")
            }
            return batch
        }
        var batch: [NamedTensor] = []
        for spec in model.inputs {
            // Of an extent that is free, besides the rows, nothing is known.
            let shape = spec.shape.enumerated().map { $0.element >= 0 ? $0.element : $0.offset == 0 && model.isBatched ? rows : 1 }
            guard let count = Tensor.count(of: shape), count <= RuntimeLimits.elements else {
                throw .unsupported("A batch of \(rows) rows has more than \(RuntimeLimits.elements) values")
            }
            batch.append(try .made(spec.name, shape, .zeros(spec.element, count)))
        }
        return batch
    }
}

extension Tensor.Values {
    static func zeros(_ element: Tensor.Element, _ count: Int) -> Tensor.Values {
        switch element {
        case .float: .float([Float](repeating: 0, count: count))
        case .double: .double([Double](repeating: 0, count: count))
        case .int64: .int64([Int64](repeating: 0, count: count))
        case .int32: .int32([Int32](repeating: 0, count: count))
        case .uint8: .uint8([UInt8](repeating: 0, count: count))
        case .bool: .bool([Bool](repeating: false, count: count))
        case .text: .text([String](repeating: "", count: count))
        }
    }
}
