/// Proposals that are below this are never accepted: a number between 0 and 1 has steps of 2⁻²³, the smallest is 2⁻²⁴.
private let cutoff: Float = -16.7

/// One sweep over the spins in their order, Metropolis's rule (1953), eight systems beside each other. The local fields follow
/// every flip, so a proposal that is refused costs no look at the neighbours.
/// - Parameters:
///   - twoBeta: twice the inverse temperature, in the working model's unit.
///   - spins: −1 and 1.
///   - local: hᵢ + Σ Jᵢⱼ sⱼ.
@inline(never) func metropolisSweep(
    _ model: ModelPointers, twoBeta: Lanes, spins: UnsafeMutablePointer<Lanes>, local: UnsafeMutablePointer<Lanes>, generator: inout LaneGenerator
) {
    var random = generator
    for spin in 0..<model.spins {
        let s = spins[spin]
        // What the energy falls by when the spin turns over, in units of the temperature.
        let gain = twoBeta * s * local[spin]
        guard anyOf(gain .> cutoff) else { continue }
        var turns = gain .>= 0
        let open = (gain .> cutoff) .& (gain .< 0)
        if anyOf(open) {
            let u = random.uniform(where: open)
            turns = turns .| (open .& (u .< exponential(gain.replacing(with: -1, where: .!open))))
            guard anyOf(turns) else { continue }
        }
        let change = (s * -2).replacing(with: 0, where: .!turns)
        spins[spin] = s + change
        model.spread(change, from: spin, to: local)
    }
    generator = random
}
