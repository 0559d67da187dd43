#if canImport(Glibc)
    import Glibc
#endif

func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for j in a.indices { sum += a[j] * b[j] }
    return sum
}

private func squaredDistance(_ a: [Float], _ b: [Float]) -> Double {
    var sum = 0.0
    for j in a.indices { sum += (Double(a[j]) - Double(b[j])) * (Double(a[j]) - Double(b[j])) }
    return sum
}

/// The largest z for which enough honest clients are expected farther from the mean than the lie, so that they stand with the
/// liars: Φ(z) < (n − f − s)/(n − f) with s = ⌊n/2⌋ + 1 − f (Baruch et al. 2019). 0 where so few lie that even the
/// mean is too far.
package func littleIsEnoughZ(clients n: Int, liars f: Int) throws(AttackError) -> Double {
    guard f >= 1, n > f else { throw .parameter(field: "liars", value: "\(f)", allowed: "1 to \(max(1, n) - 1) of \(n) clients") }
    let supporters = max(0, n / 2 + 1 - f)
    // With a majority no supporter is needed, and no z is too large: the paper's formula ends at 1.
    let honest = Double(n - f)
    return max(0, normalQuantile(min((honest - Double(supporters)) / honest, 1 - 1 / (2 * honest))))
}

/// Φ⁻¹, by Newton's method on the error function: Φ is concave above the middle and so approached from below.
/// - Parameter p: in 0.5 ..< 1; below it the quantile is minus that of 1 − p.
func normalQuantile(_ p: Double) -> Double {
    if p < 0.5 { return -normalQuantile(1 - p) }
    var z = 0.0
    for _ in 0..<100 {
        let tail = 0.5 * erfc(-z / 2.0.squareRoot()) - p
        let step = tail * (2 * Double.pi).squareRoot() * exp(z * z / 2)
        z -= step
        if abs(step) <= 1e-15 * max(1, abs(z)) { break }
    }
    return z
}

/// γ of Min-Max: the largest for which max ‖μ + γp − xᵢ‖ ≤ max ‖xᵢ − xⱼ‖. The paper halves steps towards it; each update's
/// bound is a quadratic in γ, and the smallest root is it.
func minMaxLength(_ honest: HonestUpdates, _ direction: [Double]) -> Double {
    let updates = honest.updates
    var farthest = 0.0
    for i in updates.indices { for j in 0..<i { farthest = max(farthest, squaredDistance(updates[i], updates[j])) } }
    let square = dot(direction, direction)
    guard square > 0 else { return 0 }
    return updates.reduce(Double.infinity) { least, update in
        let (along, from) = fromMean(honest, update, direction)
        // ‖d + γp‖² = ‖d‖² + 2γ d·p + γ²‖p‖² with d = μ − xᵢ; no update is farther from the mean than from all others.
        let root = max(0, along * along + square * (farthest - from)).squareRoot()
        return min(least, max(0, (root - along) / square))
    }
}

/// γ of Min-Sum: the largest for which Σ ‖μ + γp − xᵢ‖² ≤ max Σ ‖xᵢ − xⱼ‖².
func minSumLength(_ honest: HonestUpdates, _ direction: [Double]) -> Double {
    let updates = honest.updates
    var sums = [Double](repeating: 0, count: updates.count)
    for i in updates.indices {
        for j in 0..<i {
            let distance = squaredDistance(updates[i], updates[j])
            sums[i] += distance
            sums[j] += distance
        }
    }
    let square = dot(direction, direction)
    guard square > 0, let largest = sums.max() else { return 0 }
    // The distances from the mean cancel in the middle term.
    let from = updates.reduce(0.0) { $0 + fromMean(honest, $1, direction).square }
    return max(0, (largest - from) / (Double(updates.count) * square)).squareRoot()
}

private func fromMean(_ honest: HonestUpdates, _ update: [Float], _ direction: [Double]) -> (along: Double, square: Double) {
    var (along, square) = (0.0, 0.0)
    for j in update.indices {
        let difference = honest.mean[j] - Double(update[j])
        along += difference * direction[j]
        square += difference * difference
    }
    return (along, square)
}
