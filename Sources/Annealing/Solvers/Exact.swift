/// All states in the order of Gray's code: each differs from the one before it in one spin.
extension Solver {
    /// Spins that are fixed in each part, so that parts can be shared out: 2⁶ parts.
    private static let fixedSpins = 6

    /// The lowest of all states; of equal ones the first in the order of parts and of Gray's code.
    func enumerate(_ run: Run) -> [Outcome] {
        let model = run.model
        let fixed = model.spins > 12 ? Self.fixedSpins : 0
        let slack = model.enumerationSlack
        var outcomes = run.inParts(1 << fixed) { part in
            var meter = Meter(run.watch)
            guard meter.ask() else { return Outcome([], &meter) }
            let state = lowestState(model, part: part, fixed: fixed, slack: slack, &meter)
            return Outcome([state], &meter)
        }
        // One sample is the answer; the parts' work stays counted.
        var best: (energy: Double, state: [Int8])?
        for outcome in outcomes {
            for state in outcome.states {
                let energy = model.energy(of: state)
                if energy < best?.energy ?? .infinity { best = (energy, state) }
            }
        }
        for number in outcomes.indices {
            outcomes[number].states = []
            outcomes[number].completed = 0
        }
        if let best { outcomes[0].states = [best.state] }
        if outcomes.allSatisfy({ $0.stop == nil }) { outcomes[0].completed = 1 }
        return outcomes
    }
}

extension IsingModel {
    /// By how much an energy that was followed from state to state may be off. Whole numbers add up without rounding.
    fileprivate var enumerationSlack: Double {
        var (total, isWhole) = (0.0, true)
        for weight in fields + couplings.weights {
            total += abs(weight)
            if weight != weight.rounded() { isWhole = false }
        }
        return isWhole && total < 0x1p50 ? 0 : total * 0x1p-26
    }
}

/// - Parameter part: its bits are the values of the last spins.
private func lowestState(_ model: IsingModel, part: Int, fixed: Int, slack: Double, _ meter: inout Meter) -> [Int8] {
    let open = model.spins - fixed
    let start = (0..<model.spins).map { spin -> Int8 in spin >= open && part >> (spin - open) & 1 == 1 ? 1 : -1 }
    var state = LocalState(model, start)
    var (best, lowest) = (start, model.energy(of: start))
    // Energies relative to the first one.
    var (energy, known) = (0.0, 0.0)
    let base = lowest
    var number = 1
    while number < 1 << open {
        let (begin, end) = (number, min(number + 1 << 16, 1 << open))
        while number < end {
            let spin = number.trailingZeroBitCount
            energy -= state.gain(spin)
            state.turn(spin)
            number += 1
            guard energy < known + slack else { continue }
            // Followed energies only say where to look.
            if slack > 0 {
                let exact = model.energy(of: state.spins)
                guard exact < lowest else { continue }
                (lowest, known) = (exact, exact - base)
            } else {
                known = energy
            }
            best = state.spins
        }
        guard meter.count(end - begin) else { break }
    }
    return best
}
