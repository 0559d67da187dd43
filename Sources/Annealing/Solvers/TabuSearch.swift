/// Always the best turn that is not forbidden; what was turned over is forbidden for a while, unless it leads lower than ever (Glover 1989). Without
/// an improvement for long, the search begins again from a drawn change of the best state.
package struct TabuSearch: Sendable, Equatable {
    /// Turns in all; nil takes 20 for each spin and at least 1,000.
    package var turns: Int?
    /// For how many turns a spin stays as it is; nil takes the smaller of 20 and a quarter of the spins. A drawn number of up to half as
    /// many more comes on top.
    package var tenure: Int?
    /// Turns without an improvement before it begins again; nil takes 5 for each spin and at least 200.
    package var patience: Int?

    package init(turns: Int? = nil, tenure: Int? = nil, patience: Int? = nil) {
        self.turns = turns
        self.tenure = tenure
        self.patience = patience
    }

    func check() throws(AnnealingError) {
        if let turns { try checkSteps(turns, named: "turns") }
        if let patience { try checkSteps(patience, named: "patience") }
        if let tenure {
            guard (0...Limits.spinsMax).contains(tenure) else {
                throw .setting(name: "tenure", problem: "is \(tenure); it is 0 to \(Limits.spinsMax)")
            }
        }
    }

    func run(_ run: Run) -> [Outcome] {
        let spins = run.model.spins
        let turns = turns ?? max(1000, 20 * spins)
        let patience = patience ?? max(200, 5 * spins)
        let tenure = min(tenure ?? min(20, spins / 4), max(0, spins - 1))
        return run.inParts(run.reads) { read in
            var meter = Meter(run.watch)
            guard meter.ask() else { return Outcome([], &meter) }
            var search = Search(run, read: read, tenure: tenure)
            var since = 0
            for turn in 1...turns {
                since = search.turn(turn) ? 0 : since + 1
                if since >= patience {
                    search.restart()
                    since = 0
                }
                guard meter.count(spins) else { break }
            }
            return Outcome([search.best], &meter)
        }
    }
}

private struct Search {
    private var state: LocalState
    private var energy = 0.0
    private(set) var best: [Int8]
    private var lowest = 0.0
    /// The turn from which on each spin may turn over again.
    private var free: [Int]
    private var now = 0
    private let tenure: Int
    private var stream: Stream

    init(_ run: Run, read: Int, tenure: Int) {
        stream = run.stream(read)
        best = run.randomState(&stream)
        state = LocalState(run.model, best)
        free = [Int](repeating: 0, count: best.count)
        self.tenure = tenure
    }

    /// Whether a state below all others was reached. Energies count from that of the first state.
    mutating func turn(_ number: Int) -> Bool {
        now = number
        var (chosen, most) = (-1, -Double.infinity)
        let needed = energy - lowest
        for spin in 0..<free.count {
            let gain = state.gain(spin)
            if gain > most && (free[spin] <= now || gain > needed) { (chosen, most) = (spin, gain) }
        }
        // All are forbidden: the turn passes.
        guard chosen >= 0 else { return false }
        state.turn(chosen)
        energy -= most
        free[chosen] = now + tenure + 1 + (tenure > 1 ? stream.below(tenure / 2 + 1) : 0)
        guard energy < lowest else { return false }
        lowest = energy
        best = state.spins
        return true
    }

    /// From the best state with an eighth of its spins drawn anew.
    mutating func restart() {
        var spins = best
        for _ in 0..<max(1, spins.count / 8) { spins[stream.below(spins.count)] = stream.spin() }
        let model = state.model
        let reference = model.energy(of: best) - lowest
        state = LocalState(model, spins)
        energy = model.energy(of: spins) - reference
        for spin in free.indices { free[spin] = 0 }
    }
}
