package import CryptoSuite
internal import DifferentialPrivacy
internal import Federation
import Synchronization

/// Every store in plain values, for tests and trials: what it answers is what any other store has to answer. Nothing of
/// it outlives the process.
package final class MemoryStore: Sendable {
    struct Tables {
        struct Session {
            var record: SessionRecord
            var initialModel: String?
            var evaluation: EvaluationRecord?
            var evaluationSet: EvaluationSetRecord?
        }
        struct Owned<Value> {
            var tenant: String
            var value: Value
        }
        /// By (id).
        var sessions: [MemoryKey: Session] = [:]
        /// By (session, client).
        var members: [MemoryKey: Owned<(session: String, record: MemberRecord)>] = [:]
        /// By (session, round, attempt).
        var rounds: [MemoryKey: Owned<(session: String, record: RoundRecord)>] = [:]
        /// By (session, round, attempt, client).
        var contributions: [MemoryKey: Owned<(session: String, record: ContributionRecord)>] = [:]
        /// By the same, while the round is under way.
        var bodies: [MemoryKey: Owned<(session: String, round: Int, body: [UInt8])>] = [:]
        /// By (hash).
        var tokens: [MemoryKey: EnrolmentTokenRecord] = [:]
        /// By (tenant, name).
        var nodes: [MemoryKey: NodeRecord] = [:]
        /// By (id).
        var keys: [MemoryKey: APIKeyRecord] = [:]
        /// By (id).
        var users: [MemoryKey: UserRecord] = [:]
        /// Ids by (name).
        var userNames: [MemoryKey: String] = [:]
        /// By (id).
        var clients: [MemoryKey: OAuthClientRecord] = [:]
        /// By (id).
        var logins: [MemoryKey: LoginRecord] = [:]
        /// By (hash).
        var refreshTokens: [MemoryKey: RefreshTokenRecord] = [:]
        /// The first has number 1.
        var audit: [Owned<AuditRecord>] = []
        /// By (tenant, client, dataset).
        var privacyRows: [MemoryKey: Owned<LedgerRow>] = [:]
        /// By (tenant, id).
        var releases: [MemoryKey: ReleaseRecord] = [:]
        /// By (tenant, version).
        var tenantKeys: [MemoryKey: TenantKeyRecord] = [:]
        /// By (id).
        var webhooks: [MemoryKey: WebhookRecord] = [:]
        /// By (id).
        var outboxEvents: [MemoryKey: OutboxEvent] = [:]
        /// By (id).
        var deliveries: [MemoryKey: DeliveryRecord] = [:]
        /// By (delivery, number).
        var attempts: [MemoryKey: Owned<(delivery: String, record: AttemptRecord)>] = [:]
        /// By (tier, number, tenant, series).
        var seriesBlocks: [MemoryKey: SeriesBlock] = [:]
        var alerts: [AlertRecord] = []
        /// The oldest first.
        var logs: [LogPage.Entry] = []
        /// By digest.
        var blobs: [String: [UInt8]] = [:]
        /// By (id).
        var tenants: [MemoryKey: TenantRecord] = [:]
        /// By (tenant, principal, family).
        var quotaWindows: [MemoryKey: QuotaWindowRecord] = [:]
        var jobEpoch: Int64 = 0
        /// By (id).
        var jobs: [MemoryKey: JobRecord] = [:]
        /// By (job).
        var jobCheckpoints: [MemoryKey: [UInt8]] = [:]
        /// By (id).
        var vaultKeys: [MemoryKey: VaultKeyRecord] = [:]
        /// By (tenant, fingerprint).
        var seenKeys: [MemoryKey: SeenKeyRecord] = [:]
        /// By (id).
        var exchanges: [MemoryKey: KeyExchangeRecord] = [:]
        /// By (tenant, id).
        var parties: [MemoryKey: ExchangePartyRecord] = [:]
        /// By (tenant, name).
        var artifacts: [MemoryKey: (record: ArtifactRecord, content: [UInt8])] = [:]
        /// By (id).
        var leases: [MemoryKey: LeaseRecord] = [:]
        /// By (tenant, id).
        var models: [MemoryKey: ModelRecord] = [:]
        /// By (id).
        var deployments: [MemoryKey: DeploymentRecord] = [:]
        var services: [MemoryKey: ServiceStateRecord] = [:]
        /// By (id).
        var solverRuns: [MemoryKey: SolverRunRecord] = [:]
        /// The newest first.
        var benchmarks: [BenchmarkRecord] = []
    }

    let tables = Mutex(Tables())
    let suite: CryptoSuite

    package init(suite: CryptoSuite) { self.suite = suite }

    /// A change that checks first and changes afterwards, so that one which fails changes nothing.
    func change<Value: Sendable>(_ body: (inout Tables) throws(StorageError) -> Value) throws(StorageError) -> Value {
        let result = tables.withLock { (tables: inout Tables) -> Result<Value, StorageError> in
            do throws(StorageError) { return .success(try body(&tables)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// What the embedded store does when it is opened: bodies of rounds that are over are thrown away.
    package func clearUp() {
        tables.withLock { tables in
            for (key, body) in tables.bodies {
                let session = body.value.session
                let isFinal = tables.sessions[MemoryKey(session)]?.record.status.isFinal ?? true
                if isFinal || body.value.round <= tables.committed(session) { tables.bodies[key] = nil }
            }
        }
    }
}

extension MemoryStore.Tables {
    /// - Throws: `missing`, also when it is another tenant's.
    func session(_ id: String, _ tenant: String) throws(StorageError) -> Session {
        guard let session = sessions[MemoryKey(id)], same(session.record.tenant, tenant) else { throw .missing("session \(id)") }
        return session
    }

    func committed(_ session: String) -> Int {
        rounds.values.filter { same($0.value.session, session) && $0.value.record.state == .committed }.map(\.value.record.round).max() ?? 0
    }
}

extension MemoryStore: BlobStore {
    package func put(_ bytes: [UInt8]) async throws(StorageError) -> String {
        let digest = hexadecimal(suite.sha256(bytes))
        tables.withLock { $0.blobs[digest] = bytes }
        return digest
    }

    package func get(_ digest: String) async throws(StorageError) -> [UInt8]? { tables.withLock { $0.blobs[digest.lowercased()] } }

    package func contains(_ digest: String) async throws(StorageError) -> Bool { tables.withLock { $0.blobs[digest.lowercased()] != nil } }
}
