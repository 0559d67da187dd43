/// Grids whose edges close to a torus, as in the Gset.
package enum ToroidalGrid {
    package enum Weights: Sendable, Equatable {
        /// Every edge weighs 1.
        case unit
        /// −1 or 1, drawn.
        case signs(seed: UInt64)
    }

    /// Max-cut on a torus: the energy is minus the weight of the cut. A side of 2 joins its neighbours twice, with their weights added up.
    /// - Parameters: sides of at least 2.
    package static func maximumCut(width: Int, height: Int, weights: Weights) throws(AnnealingError) -> Problem {
        for (name, side) in [("width", width), ("height", height)] {
            guard (2...Limits.gridSideMax).contains(side) else { throw .setting(name: name, problem: "is \(side); it is 2 to \(Limits.gridSideMax)") }
        }
        var edges: [Coupling] = []
        var stream = Stream(seed: 0, read: 0)
        if case .signs(let seed) = weights { stream = Stream(seed: seed, read: 0) }
        func weight() -> Double { weights == .unit ? 1 : Double(stream.spin()) }
        for y in 0..<height {
            for x in 0..<width {
                edges.append(Coupling(y * width + x, y * width + (x + 1) % width, weight()))
                edges.append(Coupling(y * width + x, (y + 1) % height * width + x, weight()))
            }
        }
        return Problem(.ising(try .maximumCut(vertices: width * height, edges)))
    }
}

extension IsingModel {
    /// Max-cut: the energy is minus the weight of the edges between the two sides, without rounding for whole weights.
    package static func maximumCut(vertices: Int, _ edges: [Coupling]) throws(AnnealingError) -> IsingModel {
        guard vertices > 0 else { throw .noSpins }
        guard vertices <= Limits.spinsMax else { throw .tooManySpins(vertices) }
        return try IsingModel(
            fields: [Double](repeating: 0, count: vertices), couplings: edges.map { Coupling($0.first, $0.second, $0.weight / 2) },
            offset: -edges.reduce(0) { $0 + $1.weight / 2 })
    }
}
