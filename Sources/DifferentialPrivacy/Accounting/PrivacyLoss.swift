#if canImport(Glibc)
    import Glibc
#endif

/// The privacy loss distribution of one release on a grid of losses, rounded so that no δ(ε) is below the true one: at the grid's
/// points δ(ε) is exact, between them it lies on the chord in e^ε (Doroshenko, Ghazi, Kamath, Kumar, Manurangsi 2022,
/// arXiv 2207.04380).
struct PrivacyLoss {
    /// Distance of two losses, in nats.
    let interval: Double
    /// The smallest loss, in intervals.
    let first: Int
    /// Of the losses first, first + 1, ...
    let masses: [Double]
    /// Of what is above the last.
    let infinityMass: Double

    /// nil where the grid would have too many points.
    init?(_ profile: PrivacyProfile, interval: Double) {
        let losses = profile.losses
        guard losses.lowerBound >= -Limits.lossMax, losses.upperBound <= Limits.lossMax,
            losses.upperBound - losses.lowerBound < interval * Double(Limits.lossPointsMax)
        else { return nil }
        let first = Int((losses.lowerBound / interval).rounded(.down))
        let last = max(first + 1, Int((losses.upperBound / interval).rounded(.up)))
        var deltas = (first...last).map { profile.delta(Double($0) * interval) }
        for i in deltas.indices.dropFirst() { deltas[i] = min(deltas[i], deltas[i - 1]) }
        let (growth, count) = (expm1(interval), deltas.count)
        let differences = (1..<count).map { deltas[$0] - deltas[$0 - 1] }
        var masses = [Double](repeating: 0, count: count)
        masses[0] = max(0, 1 - deltas[0] + differences[0] / growth)
        for i in 1..<count - 1 { masses[i] = max(0, (differences[i] - differences[i - 1] * exp(interval)) / growth) }
        masses[count - 1] = max(0, differences[count - 2] / expm1(-interval))
        (self.interval, self.first, self.masses, infinityMass) = (interval, first, masses, deltas[count - 1])
    }

    /// log Σ mass·e^(tilt·loss) over the finite losses, never below it by more than 10^-15 relative.
    func logMoment(_ tilt: Double) -> Double {
        let (block, factor) = (min(256, max(1, Int(600 / max(abs(tilt) * interval, 1)))), exp(tilt * interval))
        var sum = LogSum()
        for start in stride(from: 0, to: masses.count, by: block) {
            // Within a block the powers are built up; a fresh exponential at its start keeps the error at 256 roundings.
            var (part, power) = (0.0, 1.0)
            for i in start..<min(start + block, masses.count) {
                part += masses[i] * power
                power *= factor
            }
            if part > 0 { sum.add(log(part) + tilt * Double(first + start) * interval) }
        }
        return sum.value + 1e-12
    }
}
