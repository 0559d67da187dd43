#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Simulated quantum annealing: the path integral of the model in a transverse field Γ that falls to zero, as slices of imaginary time that are
/// coupled with their neighbours (Suzuki 1976; Martoňák, Santoro and Tosatti 2002). An ordinary computation: it follows equations that
/// physicists use for such machines and is slower than simulated annealing on most models.
package struct PathIntegralAnnealing: Sendable, Equatable {
    /// Copies in imaginary time.
    package var slices: Int
    package var sweeps: Int
    /// Γ at the beginning, in the model's unit of energy; nil takes 1.25 times the median root mean square of a spin's field, as in the paper.
    package var transverseField: Double?
    /// β of one slice (the whole is `slices` times colder); nil takes 2 over that field.
    package var sliceBeta: Double?

    package init(slices: Int = 16, sweeps: Int = 1000, transverseField: Double? = nil, sliceBeta: Double? = nil) {
        self.slices = slices
        self.sweeps = sweeps
        self.transverseField = transverseField
        self.sliceBeta = sliceBeta
    }

    func check() throws(AnnealingError) {
        try checkSteps(sweeps, named: "sweeps")
        guard (2...Limits.slicesMax).contains(slices) else { throw .setting(name: "slices", problem: "is \(slices); it is 2 to \(Limits.slicesMax)") }
        for (name, value) in [("transverse_field", transverseField), ("slice_beta", sliceBeta)] {
            guard let value else { continue }
            guard value > 0, value <= Limits.temperatureRatioMax else { throw .setting(name: name, problem: "is \(value); it is above 0") }
        }
    }

    func run(_ run: Run) -> [Outcome] {
        let working = WorkingModel(run.model)
        let field = typicalField(run.model)
        let beta = (sliceBeta ?? 2 / field) * working.scale
        let gamma = (transverseField ?? 1.25 * field) / working.scale
        return run.inParts(run.reads) { read in
            var meter = Meter(run.watch)
            guard meter.ask() else { return Outcome([], &meter) }
            var line = TimeLine(run.stream(read), slices: slices, working)
            let state = working.withPointers { model in
                line.begin(model)
                for sweep in 0..<sweeps {
                    let now = gamma * Double(sweeps - sweep) / Double(sweeps)
                    // K = ½ ln coth(βΓ); far beyond 20 slices never part.
                    let bond = min(20, 0.5 * log(1 / tanh(max(beta * now, 1e-12))))
                    let turned = line.sweep(model, twoBeta: Float(2 * beta), twoBond: Float(2 * bond))
                    guard meter.count(turned) else { break }
                }
                return line.lowest(model)
            }
            var best = state
            descend(run.model, &best, &meter)
            return Outcome([best], &meter)
        }
    }
}

/// The median over the spins of the root mean square of the field that each sees; 1 without any.
func typicalField(_ model: IsingModel) -> Double {
    var squares: [Double] = []
    for row in 0..<model.spins {
        var square = model.fields[row] * model.fields[row]
        for weight in model.couplings.weights[model.couplings.starts[row]..<model.couplings.starts[row + 1]] { square += weight * weight }
        if square > 0 { squares.append(square) }
    }
    guard !squares.isEmpty else { return 1 }
    squares.sort()
    return squares[squares.count / 2].squareRoot()
}

/// One read: spin i in slice p lies at i × slices + p.
private struct TimeLine: ~Copyable {
    private let slices: Int
    private let count: Int
    private let spins: UnsafeMutablePointer<Float>
    private let local: UnsafeMutablePointer<Float>
    private let change: UnsafeMutablePointer<Float>
    private var stream: Stream

    init(_ stream: Stream, slices: Int, _ model: WorkingModel) {
        self.slices = slices
        self.stream = stream
        count = model.spins
        spins = .allocate(capacity: count * slices)
        local = .allocate(capacity: count * slices)
        change = .allocate(capacity: slices)
        for at in 0..<count * slices { spins[at] = Float(self.stream.spin()) }
        local.initialize(repeating: 0, count: count * slices)
        change.initialize(repeating: 0, count: slices)
    }

    deinit {
        spins.deallocate()
        local.deallocate()
        change.deallocate()
    }

    func begin(_ model: ModelPointers) {
        for spin in 0..<count {
            let fields = local + spin * slices
            for slice in 0..<slices { fields[slice] = model.fields[spin] }
            for at in model.starts[spin]..<model.starts[spin + 1] {
                let (values, weight) = (spins + Int(model.columns[at]) * slices, model.weights[at])
                for slice in 0..<slices { fields[slice] += weight * values[slice] }
            }
        }
    }

    /// Every spin: each of its slices by itself, then one cluster along imaginary time. Gives the number of spins proposed.
    mutating func sweep(_ model: ModelPointers, twoBeta: Float, twoBond: Float) -> Int {
        var proposed = 0
        let joins = 1 - exp(-Double(twoBond))
        for spin in 0..<count {
            let (values, fields) = (spins + spin * slices, local + spin * slices)
            var turned = false
            for slice in 0..<slices { change[slice] = values[slice] }
            for slice in 0..<slices {
                let s = values[slice]
                let neighbours = values[slice == 0 ? slices - 1 : slice - 1] + values[slice == slices - 1 ? 0 : slice + 1]
                if accepts(s * (twoBeta * fields[slice] - twoBond * neighbours)) {
                    values[slice] = -s
                    turned = true
                }
            }
            proposed += slices
            if turnCluster(values, fields, twoBeta, joins, &proposed) { turned = true }
            guard turned else { continue }
            for slice in 0..<slices { change[slice] = values[slice] - change[slice] }
            for at in model.starts[spin]..<model.starts[spin + 1] {
                let (others, weight) = (local + Int(model.columns[at]) * slices, model.weights[at])
                for slice in 0..<slices { others[slice] += weight * change[slice] }
            }
        }
        return proposed
    }

    private mutating func accepts(_ gain: Float) -> Bool {
        if gain >= 0 { return true }
        guard gain > -16.7 else { return false }
        return Float(stream.word() >> 8) * 0x1p-24 < exponential(Lanes(repeating: gain))[0]
    }

    /// Wolff's cluster (1989) on the ring of slices: grown by the bonds between them, turned by Metropolis's rule for the rest.
    private mutating func turnCluster(
        _ values: UnsafeMutablePointer<Float>, _ fields: UnsafeMutablePointer<Float>, _ twoBeta: Float, _ joins: Double, _ proposed: inout Int
    ) -> Bool {
        let start = stream.below(slices)
        let s = values[start]
        var (first, length, gain) = (start, 1, fields[start])
        while length < slices {
            let next = (first + length) % slices
            guard values[next] == s, stream.uniform() < joins else { break }
            gain += fields[next]
            length += 1
        }
        while length < slices {
            let next = (first + slices - 1) % slices
            guard values[next] == s, stream.uniform() < joins else { break }
            gain += fields[next]
            (first, length) = (next, length + 1)
        }
        proposed += length
        guard accepts(twoBeta * s * gain) else { return false }
        for step in 0..<length { values[(first + step) % slices] = -s }
        return true
    }

    /// The slice of the lowest energy.
    func lowest(_ model: ModelPointers) -> [Int8] {
        var (best, energy) = (0, Double.infinity)
        for slice in 0..<slices {
            var sum = 0.0
            for spin in 0..<count { sum += Double(spins[spin * slices + slice] * (local[spin * slices + slice] + model.fields[spin])) }
            if sum < energy { (best, energy) = (slice, sum) }
        }
        return (0..<count).map { spins[$0 * slices + best] < 0 ? -1 : 1 }
    }
}
