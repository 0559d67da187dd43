extension CoordinatorMachine {
    /// The attempt that is under way, with what came in for it. Every event looks at the phase that holds it, so it is one reference.
    struct OpenRound: Sendable {
        private struct Fields: Sendable {
            var record: RoundRecord
            var contributions: [String: ContributionRecord] = [:]
            var failed: Set<String> = []
            var late = 0
            var rejected = 0
            var bytesDown: Int64 = 0
            var secure: SecureAttempt?
        }

        private var fields: Shared<Fields>

        init(record: RoundRecord) { fields = Shared(Fields(record: record)) }

        var record: RoundRecord {
            _read { yield fields.value.record }
            _modify { yield &fields.value.record }
        }
        var contributions: [String: ContributionRecord] {
            _read { yield fields.value.contributions }
            _modify { yield &fields.value.contributions }
        }
        var failed: Set<String> {
            _read { yield fields.value.failed }
            _modify { yield &fields.value.failed }
        }
        var late: Int {
            _read { yield fields.value.late }
            _modify { yield &fields.value.late }
        }
        var rejected: Int {
            _read { yield fields.value.rejected }
            _modify { yield &fields.value.rejected }
        }
        var bytesDown: Int64 {
            _read { yield fields.value.bytesDown }
            _modify { yield &fields.value.bytesDown }
        }
        /// With secure aggregation.
        var secure: SecureAttempt? {
            _read { yield fields.value.secure }
            _modify { yield &fields.value.secure }
        }

        var key: AttemptKey { AttemptKey(round: fields.value.record.round, attempt: fields.value.record.attempt) }
        var isComplete: Bool { contributions.count + failed.subtracting(contributions.keys).count == record.cohort.count }

        var isSecure: Bool { fields.value.secure != nil }

        /// Whether a phase of secure aggregation has to go on.
        func isSecureDue(_ now: Instant) -> Bool { fields.value.secure?.isDue(now) ?? false }

        /// Until when the attempt, or a phase of it, waits.
        var deadline: Instant { fields.value.secure?.deadline ?? fields.value.record.deadline }

        /// Whether this client's update is in.
        func has(_ client: String) -> Bool { fields.value.contributions.index(forKey: client) != nil }

        func isInCohort(_ client: String) -> Bool { fields.value.record.cohort.hasSorted(client) }
    }
}
