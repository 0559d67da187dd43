#if canImport(Glibc)
    import Glibc
#endif

/// Synthetic(α, β) of the FedProx paper (Li et al. 2020, arXiv 1812.06127, section 5.1 and appendix C.1): a federation of
/// devices whose models and data differ by two known amounts.
///
/// Device k has 60 features and 10 classes, y = argmax(W_k·x + b_k). With u_k ~ N(0, α) and B_k ~ N(0, β):
///
///     elements of W_k and b_k   ~ N(u_k, 1)     α: how much the devices' models differ
///     elements of v_k           ~ N(B_k, 1)     β: how much their data differ
///     x                         ~ N(v_k, Σ),    Σ diagonal with Σ_jj = j^−1.2
///
/// α and β are standard deviations, as in the authors' program (at 1, the usual choice, it makes no difference). The
/// number of rows follows a power law: 50 + ⌊exp(N(4, 2))⌋.
package struct Synthetic: Sendable, Equatable {
    package enum Heterogeneity: Sendable, Equatable {
        case devices(alpha: Double, beta: Double)
        /// One W and b ~ N(0, 1) for all, and x ~ N(0, Σ).
        case iid
    }

    package static let inputs = 60
    package static let outputs = 10

    package var heterogeneity: Heterogeneity
    package var devices: Int
    /// A device has at most this many rows; the law itself knows no end.
    package var rowsMax: Int

    package init(_ heterogeneity: Heterogeneity = .devices(alpha: 1, beta: 1), devices: Int = 30, rowsMax: Int = 10_000) {
        self.heterogeneity = heterogeneity
        self.devices = devices
        self.rowsMax = rowsMax
    }

    /// The rows of each device. The same seed gives the same rows, on every machine with the same C library; a device's
    /// rows do not depend on how many devices there are.
    ///
    /// - Throws: `DatasetError.partition` when a number is out of range.
    package func make(seed: UInt64) throws(DatasetError) -> [Dataset] {
        guard (1...Limits.clients).contains(devices) else {
            throw .partition("the number of devices must be 1 to \(Limits.clients), not \(devices)")
        }
        guard (1...Limits.syntheticRows).contains(rowsMax) else {
            throw .partition("rowsMax must be 1 to \(Limits.syntheticRows), not \(rowsMax)")
        }
        if case .devices(let alpha, let beta) = heterogeneity {
            guard alpha >= 0, alpha <= Limits.syntheticSpread, beta >= 0, beta <= Limits.syntheticSpread else {
                throw .partition("alpha and beta must be 0 to \(Limits.syntheticSpread), not \(alpha) and \(beta)")
            }
        }
        var shared = SeededGenerator(seed: derivedSeed(seed, "synthetic", "model"))
        let common = Model(mean: 0, &shared)
        return (0..<devices).map { device(SeededGenerator(seed: derivedSeed(seed, "synthetic", "\($0)")), common) }
    }

    /// W [inputs, outputs] and b [outputs].
    private struct Model {
        var weight, bias: [Double]
        init(mean: Double, _ generator: inout SeededGenerator) {
            weight = (0..<(Synthetic.inputs * Synthetic.outputs)).map { _ in mean + generator.normal() }
            bias = (0..<Synthetic.outputs).map { _ in mean + generator.normal() }
        }

        func label(_ x: ArraySlice<Double>) -> Int32 {
            var scores = bias
            for (row, value) in x.enumerated() {
                for column in scores.indices { scores[column] += value * weight[row * Synthetic.outputs + column] }
            }
            return Int32(scores.indices.max { scores[$0] < scores[$1] } ?? 0)
        }
    }

    private func device(_ generator: SeededGenerator, _ common: Model) -> Dataset {
        var generator = generator
        let law = 50 + Int(exp(min(4 + 2 * generator.normal(), 30)))
        let rows = min(law, rowsMax)
        let model: Model
        var center = [Double](repeating: 0, count: Self.inputs)
        switch heterogeneity {
        case .iid: model = common
        case .devices(let alpha, let beta):
            let (u, b) = (alpha * generator.normal(), beta * generator.normal())
            model = Model(mean: u, &generator)
            center = center.map { _ in b + generator.normal() }
        }
        let deviations = (1...Self.inputs).map { pow(Double($0), -0.6) }
        var features: [Float] = []
        features.reserveCapacity(rows * Self.inputs)
        var labels: [Int32] = []
        for _ in 0..<rows {
            let x = (0..<Self.inputs).map { center[$0] + deviations[$0] * generator.normal() }
            labels.append(model.label(x[...]))
            features += x.map(Float.init)
        }
        return Dataset(features: features, labels: labels, inputs: Self.inputs, outputs: Self.outputs)
    }
}

/// Systems heterogeneity as in the FedProx paper (section 5.2): in every round a share of the cohort does not get
/// through its epochs.
package struct Stragglers: Sendable, Equatable {
    /// Of a round's cohort, in [0, 1]; rounded to whole clients.
    package var share: Double

    package init(share: Double) { self.share = share }

    /// What each of `count` clients manages of `epochs`: all, or for a straggler a uniform number from 1 to `epochs`.
    /// Depends on the round's seed alone, so that algorithms that are compared meet the same stragglers.
    package func epochs(_ epochs: Int, count: Int, seed: UInt64) -> [Work] {
        precondition(share >= 0 && share <= 1 && epochs > 0 && count >= 0)
        var generator = SeededGenerator(seed: derivedSeed(seed, "stragglers"))
        var order = Array(0..<count)
        generator.shuffle(&order)
        var work = [Work](repeating: Work(epochs: epochs, isStraggler: false), count: count)
        for client in order.prefix(Int((Double(count) * share).rounded())) {
            work[client] = Work(epochs: 1 + generator.below(epochs), isStraggler: true)
        }
        return work
    }

    package struct Work: Sendable, Equatable {
        package var epochs: Int
        /// Federated averaging drops it, whatever it has managed.
        package var isStraggler: Bool
    }
}
