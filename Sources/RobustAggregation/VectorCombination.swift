package import KernelTable
internal import TensorKernels

/// What a rule that judges whole updates makes of them.
package struct VectorCombination: Sendable, Equatable {
    /// `dimension` finite numbers.
    package var values: [Float]
    /// Of each update, in the source's order: the part of it that counted, relative to the update that counted most. Krum: 1
    /// for the chosen, 0 for the others; geometric median: weights; clipping: factors. What is far below 1 was taken for a lie.
    package var counted: [Double]
}

/// Combines updates by a rule that judges them as wholes. The result does not depend on the order of arrival or the kernel
/// level; where updates score alike, their values decide. Memory: the model three times, a window, and n² distances for Krum.
///
/// - Parameter reference: the last round's result for `centeredClipping`; empty: zero.
package func combine(
    _ rule: VectorRule, _ source: some UpdateSource, reference: [Float] = [], kernels: KernelTable? = nil
) throws(AggregationError) -> VectorCombination {
    try check(rule, source, reference)
    let table = kernels ?? Kernels.active
    let updates = try CanonicalOrder(source, table)
    let passes = Passes(updates: updates, table: table)
    let (values, counted): ([Double], [Double])
    switch rule {
    case .krum(let byzantine):
        (values, counted) = try krum(passes, byzantine: byzantine, selected: 1)
    case .multiKrum(let byzantine, let selected):
        (values, counted) = try krum(passes, byzantine: byzantine, selected: selected ?? source.count - byzantine)
    case .geometricMedian(let median):
        (values, counted) = try geometricMedian(passes, median)
    case .centeredClipping(let clipping):
        (values, counted) = try clip(passes, clipping, from: reference)
    case .normBounding(let bound):
        (values, counted) = try clip(passes, CenteredClipping(radius: .fixed(bound)), from: [])
    }
    var arrived = counted
    for (position, index) in updates.order.enumerated() { arrived[index] = counted[position] }
    return VectorCombination(values: values.map { Float($0) }, counted: arrived)
}

private func check(_ rule: VectorRule, _ source: some UpdateSource, _ reference: [Float]) throws(AggregationError) {
    let n = source.count
    guard n > 0 else { throw .noUpdates }
    guard n <= Limits.updates else { throw .tooManyUpdates(n) }
    guard source.dimension <= Limits.dimension else { throw .tooLong(source.dimension) }
    switch rule {
    case .krum(let byzantine): try checkKrum(rule, byzantine, 1, n)
    case .multiKrum(let byzantine, let selected): try checkKrum(rule, byzantine, selected, n)
    case .geometricMedian(let median):
        try checkPositive("smoothing", median.smoothing)
        try checkIterations(median.iterations)
        guard median.tolerance >= 0, median.tolerance < 1 else {
            throw .parameter(field: "tolerance", value: "\(median.tolerance)", allowed: "at least 0 and below 1")
        }
    case .centeredClipping(let clipping):
        if case .fixed(let radius) = clipping.radius { try checkPositive("clip_radius", radius) }
        try checkIterations(clipping.iterations)
        guard reference.isEmpty || reference.count == source.dimension else {
            throw .referenceLength(has: reference.count, needs: source.dimension)
        }
        if let bad = reference.firstIndex(where: { !$0.isFinite }) { throw .referenceNotFinite(coordinate: bad) }
    case .normBounding(let bound): try checkPositive("norm_bound", bound)
    }
}

private func checkKrum(_ rule: VectorRule, _ byzantine: Int, _ selected: Int?, _ n: Int) throws(AggregationError) {
    guard byzantine >= 0 else { throw .parameter(field: "byzantine_tolerance", value: "\(byzantine)", allowed: "at least 0") }
    guard n >= rule.updatesMin else { throw .tooFewUpdates(rule: rule.name, byzantine: byzantine, updates: n, needs: rule.updatesMin) }
    guard n <= Limits.pairedUpdates else { throw .tooManyPairs(n) }
    guard let selected, !(1...n - byzantine).contains(selected) else { return }
    throw .parameter(field: "selected", value: "\(selected)", allowed: "1 to \(n - byzantine) for \(byzantine) liars of \(n)")
}

private func checkPositive(_ field: String, _ value: Double) throws(AggregationError) {
    guard value.isFinite, value > 0 else { throw .parameter(field: field, value: "\(value)", allowed: "above 0 and finite") }
}

private func checkIterations(_ count: Int) throws(AggregationError) {
    guard (1...Limits.iterations).contains(count) else {
        throw .parameter(field: "iterations", value: "\(count)", allowed: "1 to \(Limits.iterations)")
    }
}

/// Of updates that score alike the canonically first is taken: with f liars and many equal updates that is as good as any.
private func krum(
    _ passes: Passes<some UpdateSource>, byzantine: Int, selected: Int
) throws(AggregationError) -> (values: [Double], counted: [Double]) {
    let n = passes.updates.count
    let distances = try pairwiseSquaredDistances(passes.updates, kernels: passes.table)
    let scores = (0..<n).map { index in
        var others = Array(distances[index * n..<(index + 1) * n])
        others.remove(at: index)
        others.sort()
        return others.prefix(n - byzantine - 2).reduce(0, +)
    }
    let ranked = (0..<n).sorted { (scores[$0], $0) < (scores[$1], $1) }
    var chosen = [Bool](repeating: false, count: n)
    for index in ranked.prefix(selected) { chosen[index] = true }
    return (try passes.mean(of: chosen), chosen.map { $0 ? 1 : 0 })
}

private func geometricMedian(
    _ passes: Passes<some UpdateSource>, _ rule: GeometricMedian
) throws(AggregationError) -> (values: [Double], counted: [Double]) {
    let n = passes.updates.count
    let start = try aggregate(
        .median, passes.updates, weights: [Int64](repeating: 1, count: n), maxAbs: [Float](repeating: 0, count: n), kernels: passes.table)
    var centre = start.map(Double.init)
    var weights = [Double](repeating: 1, count: n)
    var before = Double.infinity
    for _ in 0..<rule.iterations {
        let distances = try passes.distances(to: centre).map { max($0, rule.smoothing) }
        let mean = distances.reduce(0, +) / Double(n)
        guard before - mean > rule.tolerance * mean else { break }
        before = mean
        let nearest = distances.min() ?? rule.smoothing
        weights = distances.map { nearest / $0 }
        let total = weights.reduce(0, +)
        try passes.move(&centre, shares: weights.map { $0 / total })
    }
    return (centre, weights)
}

private func clip(
    _ passes: Passes<some UpdateSource>, _ rule: CenteredClipping, from reference: [Float]
) throws(AggregationError) -> (values: [Double], counted: [Double]) {
    let n = passes.updates.count
    var centre = reference.isEmpty ? [Double](repeating: 0, count: passes.updates.dimension) : reference.map(Double.init)
    var factors: [Double] = []
    for _ in 0..<rule.iterations {
        let distances = try passes.distances(to: centre)
        let radius =
            switch rule.radius {
            case .fixed(let radius): radius
            case .medianDistance: distances.sorted()[(n - 1) / 2]
            }
        factors = distances.map { $0 <= radius ? 1 : radius / $0 }
        try passes.move(&centre, shares: factors.map { $0 / Double(n) })
    }
    return (centre, factors)
}
