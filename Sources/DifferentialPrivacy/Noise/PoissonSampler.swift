#if canImport(Glibc)
    import Glibc
#endif

/// Poisson variables of any mean up to 2^48.
///
/// Proposals are exact discrete Laplace variables about the mean; they are kept with the ratio of the two probabilities, computed
/// by Loader's saddle-point expansion (2000). The ratio's relative error is below 2^-40 within 40 standard deviations, so every
/// probability is right within a factor 1 ± 2^-40: with d coordinates that is at most 2d·2^-40 of ε, 2·10^-6 for a million.
struct PoissonSampler: Sendable {
    let mean: Double
    private let mode: Int64
    private let laplaceScale: UInt64
    private let largest: Double

    /// `mean`: above 0, a multiple of 2^-4, so that differences from whole numbers are exact.
    init(mean: Double) {
        precondition(mean > 0 && mean <= Limits.poissonMeanMax && mean * 16 == (mean * 16).rounded(), "a mean is a multiple of 1/16 up to 2^48")
        let scale = UInt64(mean.squareRoot()) + 1
        let center = Int64(mean)
        let ratio = { (k: Int64) in Self.logProbability(k, mean) + Double((k - center).magnitude) / Double(scale) }
        // log P(k) + |k - m|/t is concave on either side: its largest values are where λe^(±1/t) is crossed.
        let places = [mean * exp(1 / Double(scale)), mean * exp(-1 / Double(scale)), mean].map { Int64($0) }
        largest = places.flatMap { [$0 - 1, $0, $0 + 1] }.filter { $0 >= 0 }.map(ratio).max().map { $0 + 0x1p-40 } ?? 0
        (self.mean, mode, laplaceScale) = (mean, center, scale)
    }

    func draw(_ random: inout RandomWords) -> Int64 {
        while true {
            let distance = random.discreteLaplace(laplaceScale)
            let k = mode + distance
            guard k >= 0 else { continue }
            let accept = exp(Self.logProbability(k, mean) + Double(distance.magnitude) / Double(laplaceScale) - largest)
            if random.fineUniform() < accept { return k }
        }
    }

    /// log of e^-λ λ^k / k!.
    static func logProbability(_ k: Int64, _ mean: Double) -> Double {
        guard k > 0 else { return -mean }
        return -deviance(Double(k), mean) - stirlingError(k) - 0.5 * log(2 * Double.pi * Double(k))
    }

    /// k log(k/λ) + λ - k without cancellation.
    private static func deviance(_ k: Double, _ mean: Double) -> Double {
        let difference = k - mean
        guard abs(difference) < 0.1 * (k + mean) else { return k * log(k / mean) + mean - k }
        let v = difference / (k + mean)
        var (sum, power, j) = (difference * v, 2 * k * v, 1.0)
        while true {
            power *= v * v
            let next = sum + power / (2 * j + 1)
            if next == sum { return sum }
            (sum, j) = (next, j + 1)
        }
    }

    /// log k! minus Stirling's approximation.
    private static func stirlingError(_ k: Int64) -> Double {
        if k < 16 { return smallErrors[Int(k)] }
        let x = 1 / Double(k)
        let square = x * x
        return x * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680 - square / 1188))))
    }

    private static let smallErrors: [Double] = (0..<16).map { k in
        guard k > 0 else { return 0 }
        let n = Double(k)
        let factorial = (1...k).reduce(1.0) { $0 * Double($1) }
        return log(factorial) - (n * log(n) - n + 0.5 * log(2 * Double.pi * n))
    }
}
