import CryptoSuite
import DifferentialPrivacy
import Federation
import Foundation
import Storage
import Testing
import Trust

/// A row that is not what was written is an error that names its table and key, whatever column it is and however well it reads.
@Suite struct SealTests {
    private func filled(_ folder: String) async throws {
        let store = try SQLiteStore(folder: folder, suite: .system)
        try await store.create(session("s"))
        try await store.apply(
            [.member(MemberRecord(client: "a", dataSize: 5, joinedAt: now)), .round(round(1, .configured)), .initialModel(digest: "m")], session: "s",
            tenant: "default")
        _ = try await store.storeContribution(contribution("a"), body: [1, 2, 3], session: "s", tenant: "default")
        let later = Instant(milliseconds: 9000)
        try await store.addEnrolmentTokens([EnrolmentTokenRecord(hash: [7], tenant: "default", node: "a", expiresAt: later)])
        let node = NodeRecord(tenant: "default", name: "a", certificateFingerprint: [1], enrolledAt: now, certificateExpiresAt: later)
        _ = try await store.enrol(tokenHash: [7], node: node, now: now)
        try await store.addKey(APIKeyRecord(id: "k", tenant: "default", hash: [1], role: "admin", createdAt: now))
        let charge = PrivacyCharge(
            id: "s/1", members: [LedgerEntry(client: "a", dataset: "x")],
            release: try PrivateRelease(.gaussian(noiseMultiplier: 9), PrivacyModel(.zeroOut, .full)), budget: try PrivacyBudget(epsilon: 9, delta: 1e-5))
        _ = try await store.pay(charge, tenant: "default")
        try await store.addUser(user("u"), audit: entry)
        try await store.addOAuthClient(oauthClient("o"), audit: entry)
        try await store.beginLogin(login("l"), token: refreshToken(7, login: "l"))
        let tenant = TenantRecord(id: "t", name: "T", domain: "t.example.org", performanceTier: .basic, createdAt: now)
        _ = try await store.addTenant(tenant, audit: AuditRecord(at: now, action: .tenantCreated, actor: "a", subject: "t"), most: 9)
        try await store.storeQuotaWindows(
            [QuotaWindowRecord(key: QuotaWindowKey(tenant: "t", principal: "p", family: "v1"), openedAt: now, used: 7)], removing: [])
        try await store.begin(history: "h")
        let running = job("j")
        _ = try await store.submit(running, audit: AuditRecord(at: now, action: .jobCreated, actor: "a", subject: "j"), openMax: 9, remembered: now)
        let epoch = try await store.beginJobEpoch()
        _ = try await store.changeJob("j", epoch: epoch) { JobChange(record: $0, checkpoint: [1, 2]) }
        _ = try await keepArtifact(store, "a", [1, 2, 3])
        _ = try await store.addTenantKey(TenantKeyRecord(tenant: "default", version: 1, envelope: [1, 2], createdAt: now), audit: nil)
        _ = try await store.addWebhook(webhook("w"), audit: note(.webhookCreated, "w"), limit: 9)
        _ = try await store.enqueue(outboxEvent("e"))
        let delivery = try #require(try await store.dueDeliveries(later, perWebhook: 1, limit: 1).first).delivery.id
        #expect(delivery == Self.delivery)
        _ = try await store.finish(AttemptRecord(at: now, milliseconds: 5, status: 500, problem: nil), of: delivery, tenant: "default", now: now) {
            ($0, $1, nil)
        }
        try await store.putSeries([SeriesBlock(tenant: "", series: "m", tier: 1, number: 7, points: [1, 2])], horizons: [:])
        try await store.appendLogs(
            [LogRecord(at: now, level: .error, service: "s", message: "failed", tenant: "default", traceID: "t")], ring: LogRing(entriesMax: 9, bytesMax: 999))
        let seen = SeenKeyRecord(tenant: "default", fingerprint: [7], session: "x", seenAt: now)
        _ = try await store.addVaultKey(vaultKey("q"), seen: [seen], audit: note(.vaultKeyGenerated, "q"), limit: 9)
        _ = try await store.addExchange(
            keyExchange("x", fingerprint: [8], transcript: [9]), forgetting: Instant(milliseconds: 0), audit: note(.vaultKeyExchanged, "x"),
            limits: ExchangeLimits(exchanges: 9, seen: 9))
        _ = try await store.putParty(
            ExchangePartyRecord(tenant: "default", id: "p", algorithm: "ml_dsa_65", publicKey: [1], registeredAt: now),
            audit: note(.vaultPartyRegistered, "p"), limit: 9)
        let service = ServiceStateRecord(service: "llm_service", isOpen: false, changedAt: now, changedBy: "a")
        _ = try await store.putServiceState(service, audit: note(.serviceStopped, "llm_service"), tenant: "default")
        let lease = LeaseRecord(
            id: "q", tenant: "default", qubits: 5, priority: .low, workload: .ml, strategy: .auto, createdBy: "a", allocatedAt: now, expiresAt: later)
        _ = try await store.addLease(
            lease, audit: AuditRecord(at: now, action: .leaseAllocated, actor: "a", subject: "q"), limits: LeaseLimits(tenant: 9, capacity: 9, kept: 9))
        let run = SolverRunRecord(
            id: "r", tenant: "default", lease: "q", endedAt: now, solver: "exact", spins: 2, reads: 1, spinUpdates: 4, microseconds: 1, energy: nil,
            reference: nil)
        _ = try await store.addRun(run)
        try await store.addBenchmark(benchmark("m", at: now), kept: 1)
        let model = ModelRecord(id: "m", tenant: "default", name: "n", version: "1", framework: "ONNX", source: "upload://f", createdAt: now, createdBy: "a")
        _ = try await store.addModel(model, audit: note(.modelRegistered, "m"), most: 9)
        let deployment = DeploymentRecord(
            id: "d", tenant: "default", model: "m", isDistributed: false, resources: [1], scalesByItself: false, createdAt: now, createdBy: "a")
        _ = try await store.addDeployment(deployment, audit: note(.modelDeployed, "d"), most: 9)
        await store.close()
    }

    /// The digest of event and webhook.
    private static let delivery = "msg_ea50ae27e74ac2c8a1b23a0a2fa33a95"

    /// By table: the row's key, and one change of each kind that a flipped bit can make.
    private static let changes: [(table: String, key: String, changes: [String])] = [
        ("session", "s", ["is_final = 1", "created_ms = created_ms + 1", "tenant = 'eefault'", "initial_model = 'l'", "initial_model = NULL"]),
        ("member", "s/a", ["record = CAST(replace(CAST(record AS TEXT), '\"dataSize\":5', '\"dataSize\":4') AS BLOB)"]),
        ("round", "s/1/1", ["state = 'aborted'", "tenant = 'x'"]),
        ("contribution", "s/1/1/a", ["record = CAST(replace(CAST(record AS TEXT), '\"samples\":3', '\"samples\":7') AS BLOB)"]),
        ("update_body", "s/1/1/a", ["sha256 = '00'"]), ("enrolment_token", "07", ["used_ms = NULL", "expires_ms = expires_ms + 4096"]),
        ("node", "default/a", ["record = CAST(replace(CAST(record AS TEXT), '9000', '9001') AS BLOB)"]),
        ("api_key", "k", ["record = CAST(replace(CAST(record AS TEXT), 'admin', 'aemin') AS BLOB)"]), ("audit", "1", ["tenant = 'x'"]),
        ("audit_leaf", "default/0", ["number = number + 4096", "hash = x'00'"]), ("audit_tree", "default", ["size = 2", "frontier = x''"]),
        ("privacy_row", "default/a/x", ["dataset = 'x'", "record = CAST(replace(CAST(record AS TEXT), '1', '0') AS BLOB)"]),
        ("privacy_release", "default/s/1", ["record = CAST(replace(CAST(record AS TEXT), 'released', 'forfeited') AS BLOB)"]),
        ("user_account", "u", ["name = 'v'", "record = CAST(replace(CAST(record AS TEXT), 'models', 'nodels') AS BLOB)"]),
        ("oauth_client", "o", ["tenant = 'x'", "record = CAST(replace(CAST(record AS TEXT), 'models', 'nodels') AS BLOB)"]),
        ("login", "l", ["expires_ms = expires_ms + 4096", "record = CAST(replace(CAST(record AS TEXT), '91000', '92000') AS BLOB)"]),
        ("refresh_token", "07", ["record = CAST(replace(CAST(record AS TEXT), '31000', '32000') AS BLOB)"]),
        ("tenant", "t", ["domain = 'u.example.org'", "record = CAST(replace(CAST(record AS TEXT), 'basic', 'quantum') AS BLOB)"]),
        ("quota_window", "t/p/v1", ["used = 6", "opened_ms = opened_ms + 1"]),
        ("tenant_key", "default/1", ["record = CAST(replace(CAST(record AS TEXT), '1,2', '1,3') AS BLOB)"]),
        ("webhook", "w", ["status = 'disabled'", "tenant = 'x'", "created_ms = 0"]), ("outbox_event", "e", ["payload = x'00'", "name = 'x'"]),
        ("delivery", delivery, ["state = 'dead'", "due_ms = 9", "ended_ms = 1"]), ("delivery_attempt", "\(delivery)/1", ["tenant = 'x'"]),
        ("series_block", "1/7//m", ["points = x'0103'", "points = x''"]),
        ("log_entry", "1", ["level = 2", "record = CAST(replace(CAST(record AS TEXT), 'failed', 'passed') AS BLOB)", "subject = 'x'"]),
        ("fact", "history", ["value = 'i'", "seal = NULL"]),
        ("job", "j", ["state = 'completed'", "finished_ms = 1", "type = 'annealing'", "tenant = 'x'"]),
        ("job_checkpoint", "j", ["content = x'0103'", "tenant = 'x'"]),
        (
            "vault_key", "q",
            [
                "tenant = 'x'", "is_revoked = 1", "expires_ms = 0", "algorithm = 'x_wing'",
                "record = CAST(replace(CAST(record AS TEXT), 'encryption', 'signing') AS BLOB)",
            ]
        ),
        ("seen_key", "default/07", ["session = 'y'", "seen_ms = seen_ms + 1"]),
        ("key_exchange", "x", ["tenant = 'x'", "expires_ms = expires_ms + 1", "transcript = NULL"]),
        ("exchange_party", "default/p", ["record = CAST(replace(CAST(record AS TEXT), 'ml_dsa_65', 'ml_dsa_87') AS BLOB)"]),
        ("service_state", "llm_service", ["tenant = 'x'", "record = CAST(replace(CAST(record AS TEXT), 'false', 'true') AS BLOB)"]),
        ("lease", "q", ["ended_ms = 1", "expires_ms = expires_ms + 4096", "tenant = 'x'"]),
        ("solver_run", "r", ["record = CAST(replace(CAST(record AS TEXT), 'exact', 'exbct') AS BLOB)", "ended_ms = 1"]),
        ("solver_benchmark", "m", ["measured_ms = 1", "record = CAST(replace(CAST(record AS TEXT), 'torus', 'tarus') AS BLOB)"]),
        ("model", "default/m", ["version = '2'", "status = 'ready'", "sha256 = '00'", "created_ms = 1", "session = 's'"]),
        ("deployment", "d", ["tenant = 'x'", "state = 'active'", "model = 'o'"]),
        ("artifact", "default/a", ["digest = '00'", "bytes = 4", "expires_ms = 4"]),
    ]

    @Test func everyChangedColumnIsNamedByTableAndKey() async throws {
        try await withFolder { folder in
            try await filled(folder)
            let tables = Set(Self.changes.map(\.table))
            #expect(OldFolder.tables(folder) == tables, "every table needs a row here")
            for (table, key, changes) in Self.changes {
                for change in changes {
                    try await withFolder { place in
                        let copy = place + "/copy"
                        try FileManager.default.copyItem(atPath: folder, toPath: copy)
                        let before = OldFolder.rows(copy)
                        OldFolder.run(copy, "UPDATE \(table) SET \(change)")
                        let isSame = OldFolder.rows(copy) == before
                        var found: StorageError?
                        do throws(StorageError) {
                            let store = try SQLiteStore(folder: copy, suite: .system)
                            await store.close()
                        } catch { found = error }
                        guard !isSame else {
                            #expect(found == nil, "nothing was changed")
                            return
                        }
                        guard case .damagedRow(table, key, _)? = found else {
                            Issue.record("\(table), \(change): \(String(describing: found))")
                            return
                        }
                        #expect(found?.description.contains("row \(key) of table \(table)") == true)
                    }
                }
            }
        }
    }
}
