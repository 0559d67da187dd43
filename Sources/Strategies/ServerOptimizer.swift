/// How a coordinator turns the combined update of a round into the next model: the update Δ is taken for a negative
/// gradient and handed to an optimiser (Reddi et al. 2021, "Adaptive Federated Optimization", arXiv 2003.00295,
/// Algorithm 2). With x the model and η the server's learning rate:
///
///     averaging   x += η·Δ                                     McMahan et al. 2017; η = 1 is plain averaging
///     momentum    m = β·m + Δ                    x += η·m      FedAvgM, Hsu et al. 2019, arXiv 1909.06335
///     adagrad     m = β1·m + (1 − β1)·Δ          v += Δ²
///     adam        m as above                     v = β2·v + (1 − β2)·Δ²
///     yogi        m as above                     v −= (1 − β2)·Δ²·sign(v − Δ²)
///                                                x += η·m / (√v + τ)  for these three
///
/// As in the paper m begins at 0, v at τ², and there is no bias correction (Flower's FedAdam has one, its FedYogi and
/// FedAdagrad have none). τ is the degree of adaptivity: the larger, the nearer to momentum.
///
/// Each coordinate is computed in Double, in the order written here, and rounded once; so every machine and every
/// kernel level gives the same bits. Nothing here allocates more than the next model and state.
package enum ServerOptimizer: Sendable, Equatable {
    case averaging(learningRate: Double = 1)
    case momentum(learningRate: Double = 1, beta: Double = 0.9)
    case adagrad(learningRate: Double, beta1: Double = 0, tau: Double = 1e-3)
    case adam(learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.99, tau: Double = 1e-3)
    case yogi(learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.99, tau: Double = 1e-3)

    /// As a state's file names it.
    package var name: String {
        switch self {
        case .averaging: "averaging"
        case .momentum: "momentum"
        case .adagrad: "adagrad"
        case .adam: "adam"
        case .yogi: "yogi"
        }
    }

    /// Which of m and v it keeps from round to round.
    var keepsFirst: Bool { if case .averaging = self { false } else { true } }
    var keepsSecond: Bool { tau != nil }

    var tau: Double? {
        switch self {
        case .averaging, .momentum: nil
        case .adagrad(_, _, let tau), .adam(_, _, _, let tau), .yogi(_, _, _, let tau): tau
        }
    }

    /// The first setting that cannot be used, as the API names it, and what it must be; nil when all can.
    package var fault: (field: String, issue: String)? {
        let (rate, beta1, beta2): (Double, Double, Double) =
            switch self {
            case .averaging(let rate): (rate, 0, 0)
            case .momentum(let rate, let beta): (rate, beta, 0)
            case .adagrad(let rate, let beta1, _): (rate, beta1, 0)
            case .adam(let rate, let beta1, let beta2, _), .yogi(let rate, let beta1, let beta2, _): (rate, beta1, beta2)
            }
        guard rate > 0, rate <= Limits.serverLearningRate else {
            return ("server_learning_rate", "must be above 0 and at most \(Limits.serverLearningRate)")
        }
        guard beta1 >= 0, beta1 < 1 else { return ("beta1", "must be at least 0 and below 1") }
        guard beta2 >= 0, beta2 < 1 else { return ("beta2", "must be at least 0 and below 1") }
        if let tau, !(tau >= Limits.tauMin && tau <= 1) { return ("tau", "must be \(Limits.tauMin) to 1") }
        return nil
    }

    /// One step of the model: `parameters` += what the rule makes of `delta`.
    ///
    /// `state` is this optimiser's for a model of this length. When something is thrown, nothing has changed.
    func step(_ delta: ArraySlice<Float>, _ parameters: inout [Float], _ state: inout ServerState) throws(StrategyError) {
        var next = (x: parameters, m: state.first, v: state.second)
        advance(delta, &next.x, &next.m, &next.v)
        try requireFinite(next.x, "the new model")
        try requireFinite(next.m, "the server's momentum")
        try requireFinite(next.v, "the server's second moment")
        (parameters, state.first, state.second) = next
    }

    private func advance(_ delta: ArraySlice<Float>, _ x: inout [Float], _ m: inout [Float], _ v: inout [Float]) {
        switch self {
        case .averaging(let rate):
            forEach(delta, &x) { d, x in x = Float(Double(x) + rate * d) }
        case .momentum(let rate, let beta):
            forEach(delta, &x, &m) { d, x, m in
                let mean = beta * Double(m) + d
                m = Float(mean)
                x = Float(Double(x) + rate * mean)
            }
        case .adagrad(let rate, let beta1, let tau):
            forEach(delta, &x, &m, &v) { d, x, m, v in
                let second = Double(v) + d * d
                Self.adapt(d, rate, beta1, tau, second, &x, &m, &v)
            }
        case .adam(let rate, let beta1, let beta2, let tau):
            forEach(delta, &x, &m, &v) { d, x, m, v in
                let second = beta2 * Double(v) + (1 - beta2) * (d * d)
                Self.adapt(d, rate, beta1, tau, second, &x, &m, &v)
            }
        case .yogi(let rate, let beta1, let beta2, let tau):
            forEach(delta, &x, &m, &v) { d, x, m, v in
                let (old, square) = (Double(v), d * d)
                let sign: Double = old > square ? 1 : old < square ? -1 : 0
                Self.adapt(d, rate, beta1, tau, old - (1 - beta2) * square * sign, &x, &m, &v)
            }
        }
    }

    @inline(__always)
    private static func adapt(
        _ d: Double, _ rate: Double, _ beta1: Double, _ tau: Double, _ second: Double, _ x: inout Float, _ m: inout Float,
        _ v: inout Float
    ) {
        let mean = beta1 * Double(m) + (1 - beta1) * d
        (m, v) = (Float(mean), Float(second))
        x = Float(Double(x) + rate * mean / (second.squareRoot() + tau))
    }
}

/// The loops over coordinates, in buffers so that they become vector code.
@inline(__always)
private func forEach(_ delta: ArraySlice<Float>, _ x: inout [Float], _ body: (Double, inout Float) -> Void) {
    precondition(x.count == delta.count)
    delta.withUnsafeBufferPointer { delta in
        x.withUnsafeMutableBufferPointer { x in
            for i in delta.indices { body(Double(delta[i]), &x[i]) }
        }
    }
}

@inline(__always)
private func forEach(
    _ delta: ArraySlice<Float>, _ x: inout [Float], _ m: inout [Float], _ body: (Double, inout Float, inout Float) -> Void
) {
    precondition(x.count == delta.count && m.count == delta.count)
    delta.withUnsafeBufferPointer { delta in
        x.withUnsafeMutableBufferPointer { x in
            m.withUnsafeMutableBufferPointer { m in
                for i in delta.indices { body(Double(delta[i]), &x[i], &m[i]) }
            }
        }
    }
}

@inline(__always)
private func forEach(
    _ delta: ArraySlice<Float>, _ x: inout [Float], _ m: inout [Float], _ v: inout [Float],
    _ body: (Double, inout Float, inout Float, inout Float) -> Void
) {
    precondition(x.count == delta.count && m.count == delta.count && v.count == delta.count)
    delta.withUnsafeBufferPointer { delta in
        x.withUnsafeMutableBufferPointer { x in
            m.withUnsafeMutableBufferPointer { m in
                v.withUnsafeMutableBufferPointer { v in
                    for i in delta.indices { body(Double(delta[i]), &x[i], &m[i], &v[i]) }
                }
            }
        }
    }
}

/// Throws for the first value that is NaN or infinite.
func requireFinite(_ values: [Float], _ what: String) throws(StrategyError) {
    if let bad = values.firstIndex(where: { !$0.isFinite }) { throw .notFinite(what: what, coordinate: bad) }
}
