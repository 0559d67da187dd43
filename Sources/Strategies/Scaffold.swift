/// Stochastic controlled averaging (Karimireddy et al. 2020, arXiv 1910.06378, Algorithm 1, option II).
///
/// On their own rows clients drift towards their own optima. SCAFFOLD adds to every local gradient what the server knows
/// of the difference: with c the server's control (an estimate of the gradient over all) and c_i the client's own,
///
///     client i:  every step uses g − c_i + c, from y = x
///                c_i⁺ = c_i − c + (x − y)/(K·η)             K steps at learning rate η
///                sends Δy = y − x and Δc = c_i⁺ − c_i
///     server:    x += η_g·mean(Δy),   c += |S|/N·mean(Δc)
///
/// The controls begin at 0. Client weights: the paper weighs all alike. With weights p_i (rows) everything holds when the
/// means are weighted and |S|/N is the counted share of all members' weights: c is then the weighted mean of the c_i,
/// which is what `absorb` keeps. When members come or go, c is first rescaled to the new weights (a new one has c_i = 0).
///
/// With momentum the divisor K is `FedNova.normaliser`, ours: c_i⁺ is then the mean of the gradients as the rule weighed
/// them. Schedules may change η from round to round.
///
/// What must be durable. Server: `ServerState.control`, committed with the model of the same round. Client: its counted
/// c_i and one pending c_i⁺ with round and attempt, before the update is sent; pending becomes counted when the server
/// says that attempt was committed with this update, and is forgotten when it says otherwise.
package enum Scaffold {
    /// c − c_i: what `LocalTrainer` adds to every gradient.
    package static func correction(server: [Float], own: [Float]) throws(StrategyError) -> [Float] {
        guard own.count == server.count else { throw .length(what: "the client's control", has: own.count, needs: server.count) }
        return zip(server, own).map { $0 - $1 }
    }

    /// c_i⁺. `own` unchanged when there were no steps.
    ///
    /// - Parameter delta: trained − model.
    package static func renewed(
        own: [Float], server: [Float], delta: [Float], normaliser: Double, learningRate: Float
    ) throws(StrategyError) -> [Float] {
        if normaliser == 0 { return own }
        guard FedNova.isUsable(normaliser), learningRate > 0 else {
            throw .steps("learning_rate and momentum together do not converge (normaliser \(normaliser))")
        }
        guard own.count == server.count, delta.count == server.count else {
            throw .length(what: "the client's control", has: own.count, needs: server.count)
        }
        let divisor = normaliser * Double(learningRate)
        let renewed = own.indices.map { Float(Double(own[$0]) - Double(server[$0]) - Double(delta[$0]) / divisor) }
        try requireFinite(renewed, "the client's control")
        return renewed
    }

    /// The server's control after a round: (all before·c + counted·mean(Δc)) / all now.
    static func absorb(_ change: ArraySlice<Float>, into state: inout ServerState, round: Strategy.Round) throws(StrategyError) {
        var counted = Int128(0)
        for weight in round.weights {
            guard weight >= 1 else { throw .weights("\(weight) is not at least 1") }
            counted += Int128(weight)
        }
        guard round.allWeights > 0, counted <= Int128(round.allWeights) else {
            throw .weights("\(counted) are counted of \(round.allWeights) of all members")
        }
        let now = Double(round.allWeights)
        let kept = state.controlWeights == 0 ? 1 : Double(state.controlWeights) / now
        let share = Double(counted) / now
        let control = zip(state.control, change).map { Float(kept * Double($0) + share * Double($1)) }
        try requireFinite(control, "the server's control")
        (state.control, state.controlWeights) = (control, round.allWeights)
    }
}
