internal import SecureAggregation

/// The secure side of an attempt: the protocol's own machine, its deadlines inside the round's, and what is measured of it.
struct SecureAttempt: Sendable {
    private var machine: Shared<MaskingServer>
    var server: MaskingServer {
        _read { yield machine.value }
        _modify { yield &machine.value }
    }
    let deadlines: Deadlines
    /// Members that said that they will not go on, by their index.
    private(set) var failed: Set<Int> = []
    private(set) var refusals: [String] = []
    private(set) var evidence: [String] = []
    /// What members did to the protocol, each fault of a member once.
    private(set) var offences: [Evidence] = []
    /// It ended for too few good groups.
    var hadTooFewGroups = false
    var keyBytesUp: Int64 = 0
    var keyBytesDown: Int64 = 0
    /// What could not be opened.
    var void: [VoidGroup] = []

    private static let mostWords = 8

    /// - Parameter offences: known before a restart.
    init(_ server: MaskingServer, deadlines: Deadlines, offences: [Evidence] = []) {
        machine = Shared(server)
        self.deadlines = deadlines
        self.offences = offences
    }

    /// Keys and shares are exchanged while clients train; what is left at the end is for unmasking.
    struct Deadlines: Sendable {
        private let begin: Instant
        private let keySeconds: Double
        private let inputs: Instant
        private let end: Instant
        private static let (mostKeySeconds, mostUnmaskSeconds) = (30.0, 60.0)

        init(from begin: Instant, to end: Instant) {
            let whole = max(0, end.seconds(since: begin))
            self.begin = begin
            self.end = end
            keySeconds = min(Self.mostKeySeconds, 0.15 * whole)
            inputs = end.adding(seconds: -min(Self.mostUnmaskSeconds, 0.2 * whole))
        }

        func end(of phase: MaskingServer.Phase) -> Instant {
            switch phase {
            case .adverts: begin.adding(seconds: keySeconds)
            case .bundles: begin.adding(seconds: 2 * keySeconds)
            case .receipts: begin.adding(seconds: 3 * keySeconds)
            case .inputs: inputs
            case .consistency, .unmasking, .finished, .aborted: end
            }
        }
    }

    var deadline: Instant { deadlines.end(of: server.phase) }

    /// What a member's masked vector has to be; nil while none is taken from it.
    func input(of index: Int) -> (header: MaskedInput, lanes: Int, width: Int)? { machine.value.input(of: index) }

    /// Whether the phase has to go on: its time is over, or nobody is left to wait for.
    func isDue(_ now: Instant) -> Bool {
        switch server.phase {
        case .adverts, .bundles, .receipts, .inputs, .consistency, .unmasking:
            if now >= deadline { return true }
            // Nearly always nobody has given up, and all who are missing are waited for.
            guard !failed.isEmpty else { return false }
            let waiting = server.waitingFor
            return !waiting.isEmpty && waiting.isSubset(of: failed)
        case .finished, .aborted: return false
        }
    }

    mutating func gives(up index: Int, _ name: String, _ reason: String) {
        failed.insert(index)
        note(\.refusals, "\(name): \(reason)")
    }

    mutating func noteEvidence(_ words: String) { note(\.evidence, words) }

    /// One wrong share or twenty in an attempt: one fault.
    mutating func note(_ offence: Evidence) {
        if !offences.contains(where: { $0.isOneFault(with: offence) }) { offences.append(offence) }
    }

    private mutating func note(_ list: WritableKeyPath<Self, [String]>, _ words: String) {
        if self[keyPath: list].count < Self.mostWords, !self[keyPath: list].contains(words) { self[keyPath: list].append(words) }
    }

    /// Why it ended, with what members said about it.
    func reason(_ error: SecureAggregationError) -> String {
        refusals.isEmpty ? error.words : "\(error.words) (\(refusals.joined(separator: "; ")))"
    }
}

extension Evidence {
    fileprivate func isOneFault(with other: Evidence) -> Bool {
        switch (self, other) {
        case (.wrongShare(_, let one), .wrongShare(_, let two)): one == two
        case (.unopenable(let one), .unopenable(let two)): one == two
        case (.complaints(let one, _), .complaints(let two, _)): one == two
        case (.edge(let one, let to), .edge(let two, let other)): (one, to) == (two, other)
        case (.wrongShare, _), (.unopenable, _), (.edge, _), (.complaints, _): false
        }
    }

    func words(_ names: [String]) -> String {
        func name(_ index: Int) -> String { names.indices.contains(index) ? names[index] : "member \(index)" }
        return switch self {
        case .wrongShare(let dealer, let holder): "\(name(holder)) gave a share of \(name(dealer)) that is not the one dealt"
        case .unopenable(let dealer): "\(name(dealer)) dealt shares of something else than it committed to"
        case .edge(let dealer, let member): "\(name(member)) could not open the edge that \(name(dealer)) dealt"
        case .complaints(let dealer, let count): "\(count) members could not open what \(name(dealer)) dealt"
        }
    }
}

extension VoidGroup {
    func words(_ names: [String]) -> String {
        func name(_ index: Int) -> String { names.indices.contains(index) ? names[index] : "member \(index)" }
        return switch reason {
        case .belowFloor(let count): "group \(group) has \(count) members left"
        case .missingShares(let dealer): "group \(group) lacks shares of \(name(dealer))"
        case .unopenable(let dealer): "group \(group) cannot be opened: \(name(dealer)) dealt wrong shares"
        }
    }
}
