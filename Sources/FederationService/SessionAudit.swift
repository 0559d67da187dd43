internal import Federation
internal import Storage

/// What of a session's changes somebody has to answer for, each once: what is about to be stored is compared with what is stored.
struct SessionAudit {
    /// Who acts where nobody asked.
    private static let coordinator: AuditActor = "coordinator"
    private let id: String
    private var status: SessionStatus
    private var warmStart: String?
    /// Who asked for what is not stored yet.
    private var asked: [AuditRecord.Action: AuditActor] = [:]

    init(stored session: SessionRecord) { (id, status, warmStart) = (session.id, session.status, session.warmStart) }

    mutating func asks(_ actor: AuditActor, for action: AuditRecord.Action) { asked[action] = actor }
    /// It came to nothing.
    mutating func refused(_ action: AuditRecord.Action) { asked[action] = nil }

    /// - Returns: also what is to be kept of them once they are stored.
    func entries(for changes: [DurableChange], at now: Instant) -> (entries: [AuditRecord], after: SessionAudit) {
        var (entries, after): ([AuditRecord], SessionAudit) = ([], self)
        for case .session(let record) in changes {
            if record.warmStart != after.warmStart, let digest = record.warmStart {
                entries.append(entry(.sessionInitialModelSet, now, ["sha256": digest]))
            }
            if record.status != after.status {
                if record.status == .training { entries.append(entry(.sessionStarted, record.startedAt ?? now, [:])) }
                if record.status.isFinal { entries.append(end(record, record.endedAt ?? now)) }
            }
            (after.status, after.warmStart) = (record.status, record.warmStart)
        }
        for entry in entries { after.asked[entry.action] = nil }
        return (entries, after)
    }

    private func end(_ record: SessionRecord, _ at: Instant) -> AuditRecord {
        var details = ["status": record.status.rawValue]
        details["reason"] = record.statusReason
        return entry(record.status == .stopped ? .sessionStopped : .sessionEnded, at, details, level: record.status == .failed ? .warning : .info)
    }

    private func entry(_ action: AuditRecord.Action, _ at: Instant, _ details: [String: String], level: AuditRecord.Level = .info) -> AuditRecord {
        Self.entry(action, at, by: asked[action] ?? Self.coordinator, id, details, level: level)
    }

    static func entry(
        _ action: AuditRecord.Action, _ at: Instant, by actor: AuditActor, _ session: String, _ details: [String: String], level: AuditRecord.Level = .info
    ) -> AuditRecord {
        AuditRecord(
            at: at, action: action, by: actor, of: session, details: details, level: level)
    }

    static func created(_ session: SessionRecord, by actor: AuditActor) -> AuditRecord {
        let spec = session.spec
        var details = [
            "algorithm": spec.algorithm.rawValue, "aggregation": spec.aggregation.rawValue, "rounds": "\(spec.rounds)", "min_clients": "\(spec.minClients)",
            "secure_aggregation": "\(spec.secureAggregation != nil)", "differential_privacy": "\(spec.privacy != nil)",
        ]
        details["initial_model_sha256"] = session.warmStart
        return entry(.sessionCreated, session.createdAt, by: actor, session.id, details)
    }
}
