/// A state with its local fields in doubles.
struct LocalState {
    let model: IsingModel
    private(set) var spins: [Int8]
    /// hᵢ + Σ Jᵢⱼ sⱼ.
    private(set) var local: [Double]

    init(_ model: IsingModel, _ spins: [Int8]) {
        self.model = model
        self.spins = spins
        local = model.fields
        let couplings = model.couplings
        couplings.columns.withUnsafeBufferPointer { columns in
            couplings.weights.withUnsafeBufferPointer { weights in
                for row in 0..<spins.count {
                    var sum = local[row]
                    for at in couplings.starts[row]..<couplings.starts[row + 1] { sum += weights[at] * Double(spins[Int(columns[at])]) }
                    local[row] = sum
                }
            }
        }
    }

    /// What the energy falls by when the spin turns over.
    func gain(_ spin: Int) -> Double { 2 * Double(spins[spin]) * local[spin] }

    mutating func turn(_ spin: Int) {
        let change = -2 * Double(spins[spin])
        spins[spin] = -spins[spin]
        let couplings = model.couplings
        let range = couplings.starts[spin]..<couplings.starts[spin + 1]
        local.withUnsafeMutableBufferPointer { local in
            couplings.columns.withUnsafeBufferPointer { columns in
                couplings.weights.withUnsafeBufferPointer { weights in
                    for at in range { local[Int(columns[at])] += change * weights[at] }
                }
            }
        }
    }

    /// The spin whose turn gains most, the first of equal ones, and what it gains.
    func steepest() -> (spin: Int, gain: Double) {
        var (best, most) = (0, -Double.infinity)
        spins.withUnsafeBufferPointer { spins in
            local.withUnsafeBufferPointer { local in
                for spin in 0..<spins.count {
                    let gain = Double(spins[spin]) * local[spin]
                    if gain > most { (best, most) = (spin, gain) }
                }
            }
        }
        return (best, 2 * most)
    }
}

/// Gains below this part of the largest possible are rounding and not worth a turn: without it a descent may never end.
private let roundingPart = 0x1p-40

/// Turns spins over, in their order, as long as any gains: to the nearest minimum.
func descend(_ model: IsingModel, _ state: inout [Int8], _ meter: inout Meter) {
    var local = LocalState(model, state)
    let least = roundingPart * (local.local.lazy.map { abs($0) }.max() ?? 0)
    var turned = true
    while turned {
        turned = false
        for spin in 0..<state.count where local.gain(spin) > least {
            local.turn(spin)
            turned = true
        }
        _ = meter.count(state.count)
    }
    state = local.spins
}

extension Solver {
    /// From a drawn state always the turn that gains most, until none gains.
    func descents(_ run: Run) -> [Outcome] {
        run.inParts(run.reads) { read in
            var meter = Meter(run.watch)
            guard meter.ask() else { return Outcome([], &meter) }
            var stream = run.stream(read)
            var state = LocalState(run.model, run.randomState(&stream))
            let least = roundingPart * (state.local.lazy.map { abs($0) }.max() ?? 0)
            while meter.count(run.model.spins) {
                let (spin, gain) = state.steepest()
                guard gain > least else { break }
                state.turn(spin)
            }
            return Outcome([state.spins], &meter)
        }
    }
}
