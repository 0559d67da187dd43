#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Copies of the system at temperatures between hot and cold, which change places (Swendsen and Wang 1986, Hukushima and Nemoto 1996). The
/// lanes are the temperatures of one read; what is exchanged is β and not the state.
package struct ParallelTempering: Sendable, Equatable {
    /// A multiple of 8.
    package var temperatures: Int
    /// Of every copy; after each, neighbours may change places.
    package var sweeps: Int
    /// The form is that of the ladder.
    package var schedule: Schedule

    package init(temperatures: Int = 16, sweeps: Int = 1000, schedule: Schedule = Schedule()) {
        self.temperatures = temperatures
        self.sweeps = sweeps
        self.schedule = schedule
    }

    func check() throws(AnnealingError) {
        try checkSteps(sweeps, named: "sweeps")
        try schedule.check()
        guard temperatures % LaneGroup.width == 0, (LaneGroup.width...Limits.temperaturesMax).contains(temperatures) else {
            throw .setting(
                name: "temperatures", problem: "is \(temperatures); it is a multiple of \(LaneGroup.width) up to \(Limits.temperaturesMax)")
        }
    }

    func run(_ run: Run) -> [Outcome] {
        let working = WorkingModel(run.model)
        let betas = schedule.betas(sweeps: temperatures, for: run.model).map { min($0 * working.scale, Limits.temperatureRatioMax / 2) }
        return run.inParts(run.reads) { read in
            var meter = Meter(run.watch)
            guard meter.ask() else { return Outcome([], &meter) }
            let ladder = Ladder(run, read: read, betas: betas, working)
            working.withPointers { model in
                for _ in 0..<sweeps {
                    ladder.sweep(model)
                    ladder.exchange(model)
                    guard meter.count(model.spins * betas.count) else { break }
                }
            }
            var state = ladder.best
            descend(run.model, &state, &meter)
            return Outcome([state], &meter)
        }
    }
}

/// One read: the copies and who has which temperature.
private final class Ladder {
    private let groups: [Copies]
    private let betas: [Double]
    /// The copy that has each temperature.
    private var copies: [Int]
    private var twoBetas: [Lanes]
    private var energies: [Double]
    private var stream: Stream
    private(set) var best: [Int8]
    private var lowest = Double.infinity
    /// Which neighbours are asked: 0 with 1, 2 with 3, or 1 with 2, 3 with 4.
    private var odd = 0

    /// So that copies can stand in an array.
    private final class Copies {
        var states: LaneStates
        init(_ states: consuming LaneStates) { self.states = states }
    }

    init(_ run: Run, read: Int, betas: [Double], _ working: WorkingModel) {
        let width = LaneGroup.width
        self.betas = betas
        groups = (0..<betas.count / width).map { group in
            Copies(LaneStates((0..<width).map { run.stream(read, part: 1 + group * width + $0) }, working))
        }
        copies = Array(betas.indices)
        twoBetas = [Lanes](repeating: .zero, count: groups.count)
        energies = [Double](repeating: 0, count: betas.count)
        stream = run.stream(read)
        best = []
        for (rung, copy) in copies.enumerated() { twoBetas[copy / width][copy % width] = Float(2 * betas[rung]) }
        working.withPointers { model in
            for group in groups { group.states.begin(model) }
            measure(model)
        }
    }

    func sweep(_ model: ModelPointers) {
        for (number, group) in groups.enumerated() {
            metropolisSweep(
                model, twoBeta: twoBetas[number], spins: group.states.spins, local: group.states.local, generator: &group.states.generator)
        }
        measure(model)
    }

    /// Every copy's energy, half of Σ sᵢ (hᵢ + local fieldᵢ), and the lowest state so far.
    private func measure(_ model: ModelPointers) {
        let width = LaneGroup.width
        for (number, group) in groups.enumerated() {
            var sums = SIMD8<Double>.zero
            for spin in 0..<model.spins {
                let part = group.states.spins[spin] * (group.states.local[spin] + model.fields[spin])
                sums += SIMD8<Double>(part)
            }
            for lane in 0..<width {
                let energy = sums[lane] / 2
                energies[number * width + lane] = energy
                if energy < lowest {
                    lowest = energy
                    best = group.states.state(lane)
                }
            }
        }
    }

    func exchange(_ model: ModelPointers) {
        let width = LaneGroup.width
        for rung in stride(from: odd, to: betas.count - 1, by: 2) {
            let (hot, cold) = (copies[rung], copies[rung + 1])
            let gain = (betas[rung + 1] - betas[rung]) * (energies[cold] - energies[hot])
            guard gain >= 0 || stream.uniform() < exp(gain) else { continue }
            copies.swapAt(rung, rung + 1)
            twoBetas[hot / width][hot % width] = Float(2 * betas[rung + 1])
            twoBetas[cold / width][cold % width] = Float(2 * betas[rung])
        }
        odd = 1 - odd
    }
}
