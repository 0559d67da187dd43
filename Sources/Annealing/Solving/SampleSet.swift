/// A state that a run ended in.
package struct Sample: Sendable, Equatable {
    /// In the problem's own variables: −1 and 1, or 0 and 1.
    package let values: [Int8]
    /// `Problem.energy(of:)` of the values, and never what a solver believes.
    package let energy: Double
    /// Reads that ended here.
    package let occurrences: Int
}

/// What a run gave.
package struct SampleSet: Sendable, Equatable {
    /// The lowest energy first, equal ones by their values.
    package let samples: [Sample]
    package let vartype: Problem.Vartype
    /// The id of what solved it.
    package let solver: String
    /// Of the room's solvers: the same seed gives the same samples in the same version.
    package let version: Int
    package let seed: UInt64
    package let work: Work
    package let stop: Stop

    package var best: Sample? { samples.first }
    package var reads: Int { samples.reduce(0) { $0 + $1.occurrences } }
}

/// What was done, counted and not estimated.
package struct Work: Sendable, Equatable {
    /// Proposals to turn a spin over, accepted or not; for bifurcation, positions moved by a step; for path integrals, spins of a slice.
    /// Lanes that no read uses are not counted.
    package var spinUpdates: UInt64
    /// Reads that were worked on to their end.
    package var readsCompleted: Int

    package init(spinUpdates: UInt64, readsCompleted: Int) {
        self.spinUpdates = spinUpdates
        self.readsCompleted = readsCompleted
    }
}

/// What came of one part of a run.
struct Outcome: Sendable {
    var states: [[Int8]] = []
    var updates: UInt64 = 0
    var completed = 0
    var stop: Stop?

    /// - Parameter states: the reads of this part; of an interrupted one, as far as they came.
    init(_ states: [[Int8]], _ meter: inout Meter) {
        meter.finish()
        self.states = states
        updates = meter.updates
        stop = meter.stop
        completed = stop == nil ? states.count : 0
    }
}
