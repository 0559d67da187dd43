/// Models that are made around a state which is known to be lowest.
package struct Planted: Sendable, Equatable {
    package let problem: Problem
    /// One of the lowest states, by construction.
    package let state: [Int8]
    /// The lowest energy, a whole number.
    package let energy: Double

    /// Frustrated loops on a random graph (Hen et al. 2015): each loop agrees with the planted state in all its edges but one, and no state
    /// does better on a loop. The sum of the loops is then lowest there too.
    /// - Parameters:
    ///   - degree: mean number of neighbours, at least 2.
    ///   - loops: how many, for each spin; about 1 is hard for local search on sparse graphs, many are easy.
    package static func frustratedLoops(spins: Int, degree: Int, loopsPerSpin: Double, seed: UInt64) throws(AnnealingError) -> Planted {
        guard (4...Limits.spinsMax).contains(spins) else { throw .setting(name: "spins", problem: "is \(spins); it is 4 to \(Limits.spinsMax)") }
        guard degree >= 2 && degree < spins else { throw .setting(name: "degree", problem: "is \(degree); it is 2 to \(spins - 1)") }
        guard loopsPerSpin > 0 && loopsPerSpin <= 100 else {
            throw .setting(name: "loopsPerSpin", problem: "is \(loopsPerSpin); it is above 0, up to 100")
        }
        var stream = Stream(seed: seed, read: 0)
        let state = (0..<spins).map { _ in stream.spin() }
        let neighbours = randomGraph(spins: spins, degree: degree, &stream)
        var terms: [Coupling] = []
        var energy = 0.0
        for _ in 0..<Int((loopsPerSpin * Double(spins)).rounded(.up)) {
            guard let loop = loop(in: neighbours, &stream) else { continue }
            let odd = stream.below(loop.count)
            for at in loop.indices {
                let (first, second) = (loop[at], loop[(at + 1) % loop.count])
                let agreement = Double(state[first]) * Double(state[second])
                terms.append(Coupling(first, second, at == odd ? agreement : -agreement))
            }
            energy -= Double(loop.count - 2)
        }
        let model = try IsingModel(fields: [Double](repeating: 0, count: spins), couplings: terms)
        return Planted(problem: Problem(.ising(model)), state: state, energy: energy)
    }

    /// A ring through all spins, and drawn edges besides.
    private static func randomGraph(spins: Int, degree: Int, _ stream: inout Stream) -> [[Int]] {
        var neighbours = (0..<spins).map { [($0 + 1) % spins, ($0 + spins - 1) % spins] }
        for _ in 0..<spins * (degree - 2) / 2 {
            let (first, second) = (stream.below(spins), stream.below(spins))
            guard first != second, !neighbours[first].contains(second) else { continue }
            neighbours[first].append(second)
            neighbours[second].append(first)
        }
        return neighbours
    }

    /// What a random walk closes when it first comes back to where it was; nil when it does not in time or only goes to and fro.
    private static func loop(in neighbours: [[Int]], _ stream: inout Stream) -> [Int]? {
        var path = [stream.below(neighbours.count)]
        var places: [Int: Int] = [path[0]: 0]
        while path.count < 1000 {
            let here = path[path.count - 1]
            let next = neighbours[here][stream.below(neighbours[here].count)]
            if path.count > 1 && next == path[path.count - 2] { continue }
            if let begin = places[next] { return path.count - begin >= 3 ? Array(path[begin...]) : nil }
            places[next] = path.count
            path.append(next)
        }
        return nil
    }
}
