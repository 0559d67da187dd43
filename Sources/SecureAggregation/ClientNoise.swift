/// Noise that every member adds to each of its coordinates before they are masked: what is opened has the noise in it, and nobody has
/// to be trusted with adding it afterwards.
package struct ClientNoise: Equatable, Sendable {
    /// Of one member's noise on a coordinate, in squared steps. The parts of as few honest members as there may be are enough.
    package var variance: Double
    /// The noise in a group's sum has at most this magnitude on every coordinate, in steps, but for a probability of 2^-40 in a
    /// session: the sum is moved up by it, so that it is not negative.
    package var bound: UInt64

    static let varianceMax = 0x1p49
    static let boundMax: UInt64 = 1 << 31

    package init(variance: Double, bound: UInt64) { (self.variance, self.bound) = (variance, bound) }
}

extension EncodedUpdate {
    /// With a number of its own on every coordinate, modulo 2^w. Check lanes stay zero.
    package func adding(_ noise: () -> Int64, _ parameters: EncodingParameters) -> EncodedUpdate {
        let mask = UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(parameters.width)) - 1)
        var lanes = lanes
        for place in lanes.indices.dropLast(Limits.checkLanes) { lanes[place] = (lanes[place] &+ UInt32(truncatingIfNeeded: noise())) & mask }
        return EncodedUpdate(lanes: lanes, saturated: saturated, wasScaled: wasScaled, draws: draws)
    }
}
