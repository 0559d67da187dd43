package import Federation
import Synchronization

extension MemoryStore: SessionStore {
    package func create(_ session: SessionRecord, audit: AuditRecord?) async throws(StorageError) {
        try change { (tables) throws(StorageError) in
            try tables.refuseErased(session.tenant)
            guard tables.sessions[MemoryKey(session.id)] == nil else { throw .exists("session \(session.id)") }
            tables.sessions[MemoryKey(session.id)] = Tables.Session(record: session)
            if let audit { tables.audit.append(.init(tenant: session.tenant, value: audit)) }
        }
    }

    package func apply(_ changes: [DurableChange], events: [OutboxEvent], audit: [AuditRecord], session: String, tenant: String) async throws(StorageError) {
        try change { (tables) throws(StorageError) in
            var kept = try tables.session(session, tenant)
            for change in changes {
                switch change {
                case .member(let member): tables.members[MemoryKey(session, member.client)] = .init(tenant: tenant, value: (session, member))
                case .session(let record): kept.record = record
                case .initialModel(let digest): kept.initialModel = digest
                case .round(let record):
                    tables.rounds[MemoryKey(session, record.round, record.attempt)] = .init(tenant: tenant, value: (session, record))
                case .evaluation(let record): kept.evaluation = record
                }
            }
            tables.sessions[MemoryKey(session)] = kept
            for event in events { tables.enqueue(event, suite) }
            tables.audit += audit.map { .init(tenant: tenant, value: $0) }
        }
    }

    package func session(_ id: String, tenant: String) async throws(StorageError) -> SessionRecord? {
        tables.withLock { try? $0.session(id, tenant).record }
    }

    package func sessions(tenant: String) async throws(StorageError) -> [SessionRecord] {
        let all = tables.withLock { tables in tables.sessions.inOrder.map(\.record).filter { same($0.tenant, tenant) } }
        // Swift's sort keeps the order by id among equals.
        return Array(all.sorted { $0.createdAt > $1.createdAt }.prefix(Limits.sessions))
    }

    package func openSessions() async throws(StorageError) -> [SessionSnapshot] {
        tables.withLock { tables in
            tables.sessions.inOrder.filter { !$0.record.status.isFinal }
                .sorted { $0.record.createdAt < $1.record.createdAt }.map { snapshot($0, tables) }
        }
    }

    package func snapshot(_ id: String, tenant: String?) async throws(StorageError) -> SessionSnapshot? {
        tables.withLock { tables in
            guard let session = tables.sessions[MemoryKey(id)], tenant.map({ same(session.record.tenant, $0) }) ?? true else { return nil }
            return snapshot(session, tables)
        }
    }

    private func snapshot(_ session: Tables.Session, _ tables: Tables) -> SessionSnapshot {
        let id = session.record.id
        let committed = tables.committed(id)
        var snapshot = SessionSnapshot(session: session.record)
        snapshot.initialModel = session.initialModel
        snapshot.evaluation = session.evaluation
        snapshot.members = tables.members.inOrder.filter { same($0.value.session, id) }.map(\.value.record)
        snapshot.rounds = tables.rounds.inOrder.filter { same($0.value.session, id) && $0.value.record.round >= committed }.map(\.value.record)
        snapshot.contributions = tables.contributions.inOrder
            .filter { same($0.value.session, id) && $0.value.record.round > committed }.map(\.value.record)
        return snapshot
    }

    package func rounds(_ session: String, tenant: String, after: Int, limit: Int) async throws(StorageError) -> [RoundRecord] {
        let all = tables.withLock { tables in
            tables.rounds.inOrder.filter { same($0.tenant, tenant) && same($0.value.session, session) }.map(\.value.record)
        }
        return Array(all.filter { $0.round > after && ($0.state == .committed || $0.state == .aborted) }.prefix(max(0, limit)))
    }

    package func setEvaluationSet(_ set: EvaluationSetRecord, session: String, tenant: String, audit: AuditRecord?) async throws(StorageError) {
        try change { (tables) throws(StorageError) in
            var kept = try tables.session(session, tenant)
            kept.evaluationSet = set
            tables.sessions[MemoryKey(session)] = kept
            if let audit { tables.audit.append(.init(tenant: tenant, value: audit)) }
        }
    }

    package func evaluationSet(session: String, tenant: String) async throws(StorageError) -> EvaluationSetRecord? {
        tables.withLock { try? $0.session(session, tenant).evaluationSet }
    }

    /// A store in memory is never restored from a backup.
    package func history() async throws(StorageError) -> String? { nil }
}
