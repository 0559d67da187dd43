/// Proposals that are below this are never accepted: a number between 0 and 1 has steps of 2⁻²³, the smallest is 2⁻²⁴.
private let cutoff: Float = -16.7

/// Of the proposals that change no energy this part is accepted. Any part leaves Boltzmann's distribution as it is. All of them, as Metropolis's
/// rule has it, would be worse in a sweep of fixed order: there every step of a domain wall moves on by one place a sweep, all of them the same
/// way, and hardly one meets another to vanish with it. So a torus of 25x120 was not solved in a minute of reads; now half of the reads of 1,000 sweeps do.
private let levelChance: Float = 0.9375

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
        var turns = gain .> 0
        let open = (gain .> cutoff) .& (gain .<= 0)
        if anyOf(open) {
            let u = random.uniform(where: open)
            let chance = exponential(gain.replacing(with: -1, where: .!open)).replacing(with: levelChance, where: gain .== 0)
            turns = turns .| (open .& (u .< chance))
            guard anyOf(turns) else { continue }
        }
        let change = (s * -2).replacing(with: 0, where: .!turns)
        spins[spin] = s + change
        model.spread(change, from: spin, to: local)
    }
    generator = random
}
