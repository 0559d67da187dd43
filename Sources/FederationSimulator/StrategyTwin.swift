internal import Federation
internal import Strategies

/// What the server makes of a round's mean, written down once more from the papers in the plainest way, with everything
/// it keeps in Double.
struct StrategyTwin {
    private struct Kept {
        var m: [Double]
        var v: [Double]
        var c: [Double]
        /// What the rule gave.
        var r: [Double] = []
        /// Of all members, when `c` was made.
        var weight = 0.0
    }

    private let strategy: Strategy
    private let rows: [String: Int64]
    /// By the model it goes with.
    private var kept: [String: Kept] = [:]
    /// States that were stored, by their names.
    private var stored: [String: ServerState] = [:]
    /// Each client's control, from what was counted of it.
    private var controls: [String: [Float]] = [:]

    /// - Parameter rows: that each client joins with.
    init(_ strategy: Strategy, rows: [String: Int64]) {
        self.strategy = strategy
        self.rows = rows
    }

    /// What a client counts for, where that is not what its update says.
    func weight(of client: String) -> Int64? { strategy.client == .controlled ? rows[client] : nil }

    /// - Parameters:
    ///   - step: the mean of the updates.
    ///   - meanSteps: of the clients' normalisers, weighted like the updates.
    ///   - counted: the weights of the updates together.
    ///   - model: the name of the model that is expected.
    mutating func next(
        _ base: [Float], of record: RoundRecord, step: [Double], meanSteps: Double, counted: Double, model: String
    ) -> [Double] {
        let count = base.count
        let zeros = [Double](repeating: 0, count: count)
        var now = kept[record.baseModel] ?? Kept(m: zeros, v: [Double](repeating: tau * tau, count: count), c: zeros)
        var next = base.map(Double.init)
        for i in 0..<count {
            let delta = strategy.client == .normalised ? step[i] * meanSteps : step[i]
            switch strategy.server {
            case .averaging(let rate): next[i] += rate * delta
            case .momentum(let rate, let beta):
                now.m[i] = beta * now.m[i] + delta
                next[i] += rate * now.m[i]
            case .adagrad(let rate, let beta1, _):
                now.m[i] = beta1 * now.m[i] + (1 - beta1) * delta
                now.v[i] += delta * delta
                next[i] += rate * now.m[i] / (now.v[i].squareRoot() + tau)
            case .adam(let rate, let beta1, let beta2, _):
                now.m[i] = beta1 * now.m[i] + (1 - beta1) * delta
                now.v[i] = beta2 * now.v[i] + (1 - beta2) * delta * delta
                next[i] += rate * now.m[i] / (now.v[i].squareRoot() + tau)
            case .yogi(let rate, let beta1, let beta2, _):
                now.m[i] = beta1 * now.m[i] + (1 - beta1) * delta
                let square = delta * delta
                now.v[i] -= (1 - beta2) * square * (now.v[i] > square ? 1 : now.v[i] < square ? -1 : 0)
                next[i] += rate * now.m[i] / (now.v[i].squareRoot() + tau)
            }
        }
        if strategy.client == .controlled {
            // c is the mean of all members' controls; whoever joined since has had zero.
            let all = Double(record.weighing?.all ?? 0)
            for i in 0..<count { now.c[i] = (now.weight * now.c[i] + counted * step[count + i]) / all }
            now.weight = all
        }
        if strategy.keepsReference { now.r = step }
        if strategy.isStateful { kept[model] = now }
        return next
    }

    /// Whether something besides the model goes into the next round.
    func keepsState(with model: String) -> Bool { kept[model] != nil }

    /// What a rule that keeps a reference goes on from; empty: nothing yet.
    func reference(with model: String) -> [Double] { kept[model]?.r ?? [] }

    mutating func knows(state digest: String, _ state: ServerState) { stored[digest] = state }

    /// A client's update counts in a committed round.
    mutating func counts(_ client: String, _ update: [Float]) {
        guard strategy.client == .controlled else { return }
        let change = update.suffix(update.count / 2)
        controls[client] = zip(controls[client] ?? [Float](repeating: 0, count: change.count), change).map { $0 + $1 }
    }

    /// Whether a client trains with the control that its counted updates add up to.
    func isOwn(_ control: [Float], of client: String) -> Bool { controls[client].map { $0 == control } ?? control.allSatisfy { $0 == 0 } }

    /// nil when the state that is stored with `model` is what it has to be.
    func problem(ofState digest: String?, model: String) -> String? {
        guard let digest else { return strategy.isStateful ? "the server's state is missing" : nil }
        guard strategy.isStateful else { return "the server keeps a state that belongs to nothing" }
        guard let state = stored[digest], let kept = kept[model] else { return "the server's state was never computed" }
        for (name, have, want) in [("m", state.first, kept.m), ("v", state.second, kept.v), ("c", state.control, kept.c), ("r", state.reference, kept.r)] {
            for i in have.indices where abs(Double(have[i]) - want[i]) > Self.error * max(1, abs(want[i])) {
                return "\(name)[\(i)] of the server's state is \(have[i]); the sealed updates give \(want[i])"
            }
        }
        return nil
    }

    private static let error = 1e-5

    private var tau: Double {
        switch strategy.server {
        case .averaging, .momentum: 0
        case .adagrad(_, _, let tau), .adam(_, _, _, let tau), .yogi(_, _, _, let tau): tau
        }
    }
}
