/// Normalised averaging (Wang et al. 2020, "Tackling the Objective Inconsistency Problem", arXiv 2007.07481).
///
/// Clients that take more steps pull the mean towards their own optimum. FedNova divides each client's change by how
/// many steps it amounts to, averages those directions, and goes as many steps as the clients took on average:
///
///     client i:  d_i = (trained − model) / ‖a_i‖₁           sent, with ‖a_i‖₁ beside it
///     server:    model += Σ p_i·‖a_i‖₁ · Σ p_i·d_i,         p_i = n_i / Σ n
///
/// The mean of the d_i keeps whole weights n_i, so it stays exact and independent of order like any other.
package enum FedNova {
    /// ‖a‖₁: what a client's local rule makes of `steps` equal gradients, in units of one plain step.
    ///
    /// Plain SGD: τ. Momentum ρ: (τ − ρ(1 − ρ^τ)/(1 − ρ))/(1 − ρ). Proximal μ at learning rate η: (1 − (1 − ημ)^τ)/(ημ).
    /// These are the paper's (section 4.2 and appendix); computed here by running the rule on gradients of 1, which also
    /// covers both together. Weight decay is part of the objective, not of the rule, so it does not enter.
    ///
    /// - Returns: 0 without steps; not finite or not above 0 where the local rule itself diverges.
    package static func normaliser(steps: Int, learningRate: Float, momentum: Float = 0, proximalMu: Float = 0) -> Double {
        guard momentum != 0 || proximalMu != 0 else { return Double(max(0, steps)) }
        let (rho, pull) = (Double(momentum), Double(learningRate) * Double(proximalMu))
        // (model − w)/η after each step, and the velocity.
        var (displacement, velocity) = (0.0, 0.0)
        for _ in 0..<max(0, steps) {
            velocity = rho * velocity + 1 - pull * displacement
            displacement += velocity
        }
        return displacement
    }

    /// d = delta / ‖a‖₁, rounded once. All zeros when there were no steps.
    ///
    /// - Throws: when `normaliser` is no usable number.
    package static func normalise(_ delta: [Float], by normaliser: Double) throws(StrategyError) -> [Float] {
        if normaliser == 0 { return [Float](repeating: 0, count: delta.count) }
        guard isUsable(normaliser) else {
            throw .steps("learning_rate, momentum and proximal_mu together do not converge (normaliser \(normaliser))")
        }
        return delta.map { Float(Double($0) / normaliser) }
    }

    /// τ_eff = Σ p_i·‖a_i‖₁, the server's number of steps. Each normaliser counts in whole 2⁻²⁰ths, so that the sum does
    /// not depend on the order of the updates.
    ///
    /// - Parameter steps: the normalisers, 0 for a client without steps.
    package static func effectiveSteps(_ steps: [Double], weights: [Int64]) throws(StrategyError) -> Double {
        guard steps.count == weights.count else { throw .steps("\(steps.count) are given for \(weights.count) updates") }
        var (sum, total) = (Int128(0), Int128(0))
        for (steps, weight) in zip(steps, weights) {
            guard steps == 0 || isUsable(steps) else { throw .steps("\(steps) is not 0 to \(Limits.steps)") }
            guard weight >= 1 else { throw .weights("\(weight) is not at least 1") }
            sum += Int128(weight) * Int128((steps * 0x1p20).rounded())
            total += Int128(weight)
        }
        guard total > 0 else { throw .steps("there are no updates") }
        return Double(sum) / Double(total) * 0x1p-20
    }

    /// Whether a client's word on its steps can be taken at all.
    package static func isUsable(_ normaliser: Double) -> Bool { normaliser > 0 && normaliser <= Limits.steps }
}
