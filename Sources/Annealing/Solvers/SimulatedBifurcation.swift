/// Positions that roll into one of two valleys (Goto et al. 2021, Science Advances 7, eabe7953): each spin is a particle at x between walls at
/// −1 and 1, pushed by the couplings to the others' positions (ballistic) or to their signs (discrete), while the valley at 0 turns into a
/// hill. No proposals and no randomness but the start, so all particles move in one step: a matrix times eight reads beside each other.
package struct SimulatedBifurcation: Sendable, Equatable {
    package enum Form: String, Sendable, Equatable {
        case ballistic
        case discrete
    }

    package var form: Form
    package var steps: Int
    /// Of the symplectic Euler method; below 2. Couplings that all pull the same way are stiff, and the step is then made smaller, for else
    /// positions would swing from wall to wall.
    package var timeStep: Float
    package var descends: Bool

    package init(form: Form = .discrete, steps: Int = 2000, timeStep: Float = 1, descends: Bool = true) {
        self.form = form
        self.steps = steps
        self.timeStep = timeStep
        self.descends = descends
    }

    /// The method is stable for steps below 2 over the root of the stiffness; three quarters of that.
    private static let stableStep: Float = 1.5

    func check() throws(AnnealingError) {
        try checkSteps(steps, named: "steps")
        guard timeStep > 0 && timeStep < 2 else { throw .setting(name: "time_step", problem: "is \(timeStep); it lies between 0 and 2") }
    }

    func run(_ run: Run) -> [Outcome] {
        let working = WorkingModel(run.model)
        // The paper's c₀ = 0.5 / (σ √N): half of one over the root mean square of the field that a spin sees.
        var squares = 0.0
        for weight in working.weights { squares += Double(weight) * Double(weight) }
        for field in working.fields { squares += Double(field) * Double(field) }
        let push = squares > 0 ? Float(0.5 / (squares / Double(working.spins)).squareRoot()) : 0
        let timeStep = min(timeStep, Self.stableStep / (1 + push * working.stiffness()).squareRoot())
        return run.inLanes { reads in
            var meter = Meter(run.watch)
            guard meter.ask() else { return Outcome([], &meter) }
            let particles = Particles(reads.map { run.stream($0) }, spins: working.spins)
            working.withPointers { model in
                for step in 0..<steps {
                    // The hill grows from a₀ = 1 to nothing.
                    let pull = Float(steps - 1 - step) / Float(max(1, steps - 1))
                    particles.push(model, by: push * timeStep, pull: pull * timeStep, signs: form == .discrete)
                    particles.move(timeStep)
                    guard meter.count(model.spins * reads.count) else { break }
                }
            }
            return Outcome(
                (0..<reads.count).map { lane in
                    var state = particles.state(lane)
                    if descends { descend(run.model, &state, &meter) }
                    return state
                }, &meter)
        }
    }
}

/// Positions and momenta of eight reads.
private struct Particles: ~Copyable {
    private let count: Int
    private let positions: UnsafeMutablePointer<Lanes>
    private let momenta: UnsafeMutablePointer<Lanes>
    private let signs: UnsafeMutablePointer<Lanes>

    init(_ streams: [Stream], spins: Int) {
        count = spins
        positions = .allocate(capacity: count)
        momenta = .allocate(capacity: count)
        signs = .allocate(capacity: count)
        for place in [positions, momenta, signs] { place.initialize(repeating: .zero, count: count) }
        for lane in 0..<streams.count {
            var stream = streams[lane]
            for spin in 0..<count {
                positions[spin][lane] = Float(stream.uniform() - 0.5) * 0.2
                momenta[spin][lane] = Float(stream.uniform() - 0.5) * 0.2
            }
        }
    }

    deinit {
        positions.deallocate()
        momenta.deallocate()
        signs.deallocate()
    }

    /// Momenta change by the couplings and by the valley or hill at 0.
    @inline(never) func push(_ model: ModelPointers, by strength: Float, pull: Float, signs useSigns: Bool) {
        let values = useSigns ? signs : positions
        if useSigns {
            for spin in 0..<count { signs[spin] = Lanes(repeating: 1).replacing(with: -1, where: positions[spin] .< 0) }
        }
        for spin in 0..<count {
            var force = Lanes(repeating: model.fields[spin])
            for at in model.starts[spin]..<model.starts[spin + 1] { force += values[Int(model.columns[at])] * model.weights[at] }
            momenta[spin] -= positions[spin] * pull + force * strength
        }
    }

    /// Positions follow; a wall takes all momentum.
    @inline(never) func move(_ timeStep: Float) {
        for spin in 0..<count {
            let x = positions[spin] + momenta[spin] * timeStep
            let outside = (x .> 1) .| (x .< -1)
            momenta[spin].replace(with: 0, where: outside)
            positions[spin] = x.clamped(lowerBound: Lanes(repeating: -1), upperBound: Lanes(repeating: 1))
        }
    }

    func state(_ lane: Int) -> [Int8] { (0..<count).map { positions[$0][lane] < 0 ? -1 : 1 } }
}

extension WorkingModel {
    /// The largest absolute eigenvalue of the couplings, from below, by 30 steps of power iteration.
    fileprivate func stiffness() -> Float {
        var stream = Stream(seed: 0, read: 0)
        var (vector, length) = ((0..<spins).map { _ in stream.uniform() - 0.5 }, 0.0)
        // What all couplings pull at together is the usual case, and then it is there from the first step.
        for spin in vector.indices { vector[spin] += 1 }
        for _ in 0..<30 {
            let before = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard before > 0 else { break }
            vector = (0..<spins).map { row in
                var sum = 0.0
                for at in starts[row]..<starts[row + 1] { sum += Double(weights[at]) * vector[Int(columns[at])] }
                return sum / before
            }
            length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        return Float(length)
    }
}
