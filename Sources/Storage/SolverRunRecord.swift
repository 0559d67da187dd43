package import Federation

/// Work of solvers. Sums stay at the largest number instead of running over.
package struct SolverUse: Sendable, Equatable, Codable {
    package var runs: Int64 = 0
    package var spinUpdates: Int64 = 0
    package var microseconds: Int64 = 0
    /// Spins of each run times its microseconds.
    package var spinMicroseconds: Int64 = 0
    /// Of the largest model.
    package var spinsMax = 0

    package init() {}

    private enum Keys: String, CodingKey { case runs, spinUpdates, microseconds, spinMicroseconds, spinsMax, milliseconds, spinMilliseconds }

    /// Also of records from when whole milliseconds were counted.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        runs = try values.decode(Int64.self, forKey: .runs)
        spinUpdates = try values.decode(Int64.self, forKey: .spinUpdates)
        microseconds = try inMicroseconds(values, .microseconds, .milliseconds)
        spinMicroseconds = try inMicroseconds(values, .spinMicroseconds, .spinMilliseconds)
        spinsMax = try values.decodeIfPresent(Int.self, forKey: .spinsMax) ?? 0
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Keys.self)
        try values.encode(runs, forKey: .runs)
        try values.encode(spinUpdates, forKey: .spinUpdates)
        try values.encode(microseconds, forKey: .microseconds)
        try values.encode(spinMicroseconds, forKey: .spinMicroseconds)
        try values.encode(spinsMax, forKey: .spinsMax)
    }

    package mutating func add(_ run: SolverRunRecord) {
        func sum(_ a: Int64, _ b: Int64) -> Int64 { a.addingReportingOverflow(b).overflow ? .max : a + b }
        runs = sum(runs, 1)
        spinUpdates = sum(spinUpdates, run.spinUpdates)
        microseconds = sum(microseconds, run.microseconds)
        spinMicroseconds = sum(spinMicroseconds, run.spinMicroseconds)
        spinsMax = max(spinsMax, run.spins)
    }
}

private func inMicroseconds<Keys>(_ values: KeyedDecodingContainer<Keys>, _ exact: Keys, _ whole: Keys) throws -> Int64 {
    if let count = try values.decodeIfPresent(Int64.self, forKey: exact) { return count }
    let (product, isOver) = try values.decode(Int64.self, forKey: whole).multipliedReportingOverflow(by: 1000)
    return isOver ? .max : product
}

/// One run of a solver, as it was measured.
package struct SolverRunRecord: Sendable, Equatable, Codable {
    /// The same run has the same id: what is told twice is counted once.
    package var id: String
    package var tenant: String
    /// nil: it had none.
    package var lease: String?
    package var endedAt: Instant
    package var solver: String
    package var spins: Int
    package var reads: Int
    package var spinUpdates: Int64
    /// At work, waiting not counted.
    package var microseconds: Int64
    /// The lowest that was found; nil: the run was stopped before there was one.
    package var energy: Double?
    /// The energy to be reached, as whoever asked gave it.
    package var reference: Double?

    package init(
        id: String, tenant: String, lease: String?, endedAt: Instant, solver: String, spins: Int, reads: Int, spinUpdates: Int64, microseconds: Int64,
        energy: Double?, reference: Double?
    ) {
        self.id = id
        self.tenant = tenant
        self.lease = lease
        self.endedAt = endedAt
        self.solver = solver
        self.spins = spins
        self.reads = reads
        self.spinUpdates = spinUpdates
        self.microseconds = microseconds
        self.energy = energy
        self.reference = reference
    }

    private enum Keys: String, CodingKey {
        case id, tenant, lease, endedAt, solver, spins, reads, spinUpdates, microseconds, energy, reference, milliseconds
    }

    /// Also of records from when whole milliseconds were counted.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        id = try values.decode(String.self, forKey: .id)
        tenant = try values.decode(String.self, forKey: .tenant)
        lease = try values.decodeIfPresent(String.self, forKey: .lease)
        endedAt = try values.decode(Instant.self, forKey: .endedAt)
        solver = try values.decode(String.self, forKey: .solver)
        spins = try values.decode(Int.self, forKey: .spins)
        reads = try values.decode(Int.self, forKey: .reads)
        spinUpdates = try values.decode(Int64.self, forKey: .spinUpdates)
        microseconds = try inMicroseconds(values, .microseconds, .milliseconds)
        energy = try values.decodeIfPresent(Double.self, forKey: .energy)
        reference = try values.decodeIfPresent(Double.self, forKey: .reference)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Keys.self)
        try values.encode(id, forKey: .id)
        try values.encode(tenant, forKey: .tenant)
        try values.encodeIfPresent(lease, forKey: .lease)
        try values.encode(endedAt, forKey: .endedAt)
        try values.encode(solver, forKey: .solver)
        try values.encode(spins, forKey: .spins)
        try values.encode(reads, forKey: .reads)
        try values.encode(spinUpdates, forKey: .spinUpdates)
        try values.encode(microseconds, forKey: .microseconds)
        try values.encodeIfPresent(energy, forKey: .energy)
        try values.encodeIfPresent(reference, forKey: .reference)
    }

    package var spinMicroseconds: Int64 {
        let (product, isOver) = microseconds.multipliedReportingOverflow(by: Int64(spins))
        return isOver ? .max : product
    }
}
