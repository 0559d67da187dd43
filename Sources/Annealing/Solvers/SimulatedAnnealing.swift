/// Single spin flips by Metropolis's rule under a falling temperature (Kirkpatrick, Gelatt and Vecchi 1983), eight reads beside each other.
package struct SimulatedAnnealing: Sendable, Equatable {
    package var sweeps: Int
    package var schedule: Schedule
    /// Whether every read ends with a descent to the nearest minimum. Not for sampling at a temperature: the samples would be colder.
    package var descends: Bool

    package init(sweeps: Int = 1000, schedule: Schedule = Schedule(), descends: Bool = true) {
        self.sweeps = sweeps
        self.schedule = schedule
        self.descends = descends
    }

    /// Samples at one temperature: after `sweeps` sweeps each read is one sample of Boltzmann's distribution, as near as that brings it.
    package static func sampling(beta: Double, sweeps: Int) -> SimulatedAnnealing {
        SimulatedAnnealing(sweeps: sweeps, schedule: Schedule(form: .linear, range: .given(hot: beta, cold: beta)), descends: false)
    }

    func check() throws(AnnealingError) {
        try checkSteps(sweeps, named: "sweeps")
        try schedule.check()
    }

    func run(_ run: Run) -> [Outcome] {
        let working = WorkingModel(run.model)
        let twoBetas = schedule.betas(sweeps: sweeps, for: run.model).map { Float(min(2 * $0 * working.scale, Limits.temperatureRatioMax)) }
        return run.inLanes { reads in
            var meter = Meter(run.watch)
            guard meter.ask() else { return Outcome([], &meter) }
            var lanes = LaneStates(reads.map { run.stream($0) }, working)
            working.withPointers { model in
                lanes.begin(model)
                for twoBeta in twoBetas {
                    metropolisSweep(model, twoBeta: Lanes(repeating: twoBeta), spins: lanes.spins, local: lanes.local, generator: &lanes.generator)
                    guard meter.count(model.spins * reads.count) else { break }
                }
            }
            return Outcome(lanes.finish(reads.count, descending: descends, run.model, &meter), &meter)
        }
    }
}

func checkSteps(_ steps: Int, named name: String) throws(AnnealingError) {
    guard (1...Limits.sweepsMax).contains(steps) else { throw .setting(name: name, problem: "is \(steps); it is 1 to \(Limits.sweepsMax)") }
}
