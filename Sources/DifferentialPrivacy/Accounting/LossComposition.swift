#if canImport(Glibc)
    import Glibc
#endif

/// The upper end of the privacy loss distribution of many releases together.
///
/// Losses of independent releases add up, so their distributions are convolved, by one Fourier transform for each kind. A
/// transform's error is a part of the largest mass, and the masses that make δ are tiny; so every distribution is first tilted
/// by e^(θ·loss), which brings the losses about ε to the middle, and the error, whose bound is known, comes out as a part of δ.
/// It is added, as are the tails that are cut off: no δ(ε) of this is below the true one.
struct ComposedLoss {
    private let interval: Double
    private let first: Int
    private let masses: [Double]
    private let infinityMass: Double
    /// What rounding may have taken from δ(ε) is at most e^(slack - tilt·ε).
    private let slack: Double
    private let tilt: Double

    /// nil where no window of the size that is allowed holds the losses.
    /// - Parameter delta: that the answer will be asked for; others are right, too, but looser.
    init?(_ parts: [(loss: PrivacyLoss, count: Int)], delta: Double) {
        guard let interval = parts.first?.loss.interval else { return nil }
        let tilts = Self.tilts
        // K(t) = log E[e^(t·loss)] of the sum.
        let moments = tilts.map { t in parts.reduce(0.0) { $0 + Double($1.count) * $1.loss.logMoment(t) } }
        guard moments.allSatisfy(\.isFinite) else { return nil }
        let pairs = Array(zip(tilts, moments)).filter { $0.0 > 0 }
        func chernoff(_ probability: Double) -> (bound: Double, tilt: Double) {
            pairs.map { (($0.1 - log(probability)) / $0.0, $0.0) }.min { $0.0 < $1.0 } ?? (.infinity, 1)
        }
        let (_, tilt) = chernoff(delta)
        let moment = zip(tilts, moments).first { $0.0 == tilt }?.1 ?? 0
        // Where the tilted sum is but for 10^-13 on each side, and the true one but for a millionth of δ above.
        let cut = delta * 1e-6
        let rest = log(1e13)
        var (low, tiltedHigh) = (-Double.infinity, Double.infinity)
        for (t, k) in zip(tilts, moments) {
            if t < tilt { low = max(low, (-rest - (k - moment)) / (tilt - t)) }
            if t > tilt { tiltedHigh = min(tiltedHigh, (k - moment + rest) / (t - tilt)) }
        }
        // And no sum is outside of what its parts can add up to.
        low = max(low, parts.reduce(0.0) { $0 + Double($1.count) * Double($1.loss.first) } * interval)
        let largest = parts.reduce(0.0) { $0 + Double($1.count) * Double($1.loss.first + $1.loss.masses.count - 1) } * interval
        let high = min(max(chernoff(cut).bound, tiltedHigh), largest)
        let firstPoint = (low / interval).rounded(.down)
        let points = (high / interval).rounded(.up) - firstPoint + 1
        guard points >= 1, points <= Double(Limits.lossPointsMax), abs(firstPoint) < 0x1p52 else { return nil }
        var length = 2
        while length < Int(points) { length *= 2 }
        let composed = Self.convolve(parts, tilt: tilt, first: Int(firstPoint), length: length)
        let lastPoint = Int(firstPoint) + length - 1
        masses = composed.masses.enumerated().map { i, mass in
            mass > 0 ? exp(min(log(mass) + moment - tilt * Double(Int(firstPoint) + i) * interval, 0)) : 0
        }
        (self.interval, self.tilt, self.first) = (interval, tilt, Int(firstPoint))
        let isAll = Double(lastPoint) * interval >= largest
        let above = isAll ? 0 : pairs.map { exp(min(0, $0.1 - $0.0 * Double(lastPoint) * interval)) }.min() ?? 1
        infinityMass = min(1, parts.reduce(above) { $0 + Double($1.count) * $1.loss.infinityMass })
        slack = log(composed.error) + moment - 0.5 * log(max(-expm1(-2 * tilt * interval), 1 / Double(length)))
    }

    /// An upper bound of δ at ε ≥ 0.
    func delta(_ epsilon: Double) -> Double {
        var (upper, lower) = (0.0, 0.0)
        for i in masses.indices.reversed() {
            let loss = Double(first + i) * interval
            guard loss > epsilon else { break }
            upper += masses[i]
            lower += masses[i] * exp(epsilon - loss)
        }
        return min(1, max(0, upper - lower) + infinityMass + exp(slack - tilt * epsilon))
    }

    /// The smallest ε ≥ 0 with δ(ε) at most `delta`, rounded up by at most 10^-9; infinite where there is none.
    func epsilon(_ delta: Double) -> Double {
        var (low, high) = (0.0, max(0, Double(first + masses.count) * interval))
        guard self.delta(high) <= delta else { return .infinity }
        guard self.delta(low) > delta else { return 0 }
        while high - low > 1e-9 * max(1, high) {
            let middle = 0.5 * (low + high)
            if self.delta(middle) > delta { low = middle } else { high = middle }
        }
        return high
    }

    /// Tilts that are tried, 0 and both signs: neighbours differ by a fifth, which costs the window little.
    private static let tilts: [Double] = {
        let positive = (-24..<36).map { pow(2, Double($0) / 4) }
        return positive.reversed().map { -$0 } + [0] + positive
    }()

    /// The tilted masses of the sum from loss `first` on, and a bound of the L2 norm of their error.
    private static func convolve(_ parts: [(loss: PrivacyLoss, count: Int)], tilt: Double, first: Int, length: Int) -> (masses: [Double], error: Double) {
        let fourier = FourierTransform(count: length)
        var (real, imaginary) = ([Double](repeating: 1, count: length), [Double](repeating: 0, count: length))
        var (error, smallest, releases, offset) = (0.0, 1.0, 0.0, 0)
        for (loss, count) in parts {
            let logMoment = loss.logMoment(tilt)
            var (re, im) = ([Double](repeating: 0, count: length), [Double](repeating: 0, count: length))
            for (i, mass) in loss.masses.enumerated() where mass > 0 {
                re[i % length] += mass * exp(tilt * Double(loss.first + i) * loss.interval - logMoment)
            }
            let norm = re.reduce(0) { $0 + $1 * $1 }.squareRoot()
            fourier.transform(&re, &im)
            raise(&re, &im, to: count)
            multiply(&real, &imaginary, by: re, im)
            error += Double(count) * fourier.relativeError * norm
            (smallest, releases) = (min(smallest, norm), releases + Double(count))
            offset = (offset + loss.first % length * (count % length)) % length
        }
        fourier.transform(&real, &imaginary, inverse: true)
        // Powers lose at most five roundings a factor, and a sum is no more spread out than its most concentrated part is not.
        error += (5 * 0x1p-53 * releases + fourier.relativeError) * smallest
        let shift = ((first - offset) % length + length) % length
        return ((0..<length).map { real[($0 + shift) % length] }, 2 * error)
    }

    private static func multiply(_ re: inout [Double], _ im: inout [Double], by otherRe: [Double], _ otherIm: [Double]) {
        for i in re.indices { (re[i], im[i]) = (re[i] * otherRe[i] - im[i] * otherIm[i], re[i] * otherIm[i] + im[i] * otherRe[i]) }
    }

    private static func raise(_ re: inout [Double], _ im: inout [Double], to count: Int) {
        for i in re.indices {
            var (baseRe, baseIm, powerRe, powerIm, left) = (re[i], im[i], 1.0, 0.0, count)
            while left > 0 {
                if left & 1 == 1 { (powerRe, powerIm) = (powerRe * baseRe - powerIm * baseIm, powerRe * baseIm + powerIm * baseRe) }
                (baseRe, baseIm) = (baseRe * baseRe - baseIm * baseIm, 2 * baseRe * baseIm)
                left >>= 1
            }
            (re[i], im[i]) = (powerRe, powerIm)
        }
    }
}
