import CryptoSuite
import DifferentialPrivacy
import Federation
import Storage
import Trust

/// Draws what to ask next: few names, so that questions meet. The same seed draws the same.
struct Questions {
    private var chance: Chance
    private var time: Int64 = 1000

    init(seed: Int) { chance = Chance(seed: seed) }

    mutating func below(_ limit: Int) -> Int { chance.below(limit) }
    mutating func one<Value>(of values: [Value]) -> Value { chance.one(of: values) }

    // MARK: Parts

    // Names that only bytes tell apart, or order otherwise than letters do.
    mutating func tenant() -> String { one(of: ["one", "one", "one", "two"]) }
    mutating func id() -> String { one(of: ["s", "s", "t", "Z", "é", "e\u{301}"]) }
    mutating func client() -> String { one(of: ["a", "B", "c", "é", "e\u{301}", "😀", "ﬀ"]) }
    private mutating func number() -> Int { 1 + below(4) }
    mutating func instant() -> Instant {
        time += Int64(below(3))
        return Instant(milliseconds: time)
    }
    mutating func body() -> [UInt8] {
        let byte = UInt8(below(3))
        return [UInt8](repeating: byte, count: one(of: [0, 3, 20, 21, 40]))
    }
    private mutating func key() -> ContributionKey {
        ContributionKey(tenant: tenant(), session: id(), round: number(), attempt: 1 + below(2), client: client())
    }
    private mutating func sessionRecord() -> SessionRecord {
        var record = SessionRecord(id: id(), tenant: tenant(), spec: SessionSpec(), createdAt: instant(), registrationTokenHash: [UInt8(below(9))])
        record.status = one(of: SessionStatus.allCases)
        record.statusReason = one(of: [nil, "because \u{0} \" é"])
        return record
    }
    private mutating func roundRecord() -> RoundRecord {
        var record = RoundRecord(
            round: number(), attempt: 1 + below(2), state: one(of: RoundState.allCases), cohort: [client()], baseModel: "m", configuredAt: instant(),
            deadline: instant())
        if below(2) == 0 { record.sealed = [client()] }
        return record
    }
    private mutating func contributionRecord() -> ContributionRecord {
        ContributionRecord(
            client: client(), round: number(), attempt: 1 + below(2), digest: [UInt8(below(2))], samples: Int64(below(100)),
            maxAbs: Float(below(1000)) / 7, wireBytes: 9, loss: one(of: [nil, 0.1, 1e-300]), accuracy: nil, receivedAt: instant())
    }
    private mutating func change(_ id: String, _ tenant: String) -> DurableChange {
        switch below(5) {
        case 0: return .member(MemberRecord(client: client(), dataSize: Int64(below(9)), joinedAt: instant()))
        case 1:
            var record = sessionRecord()
            (record.id, record.tenant, record.createdAt) = (id, tenant, now)
            return .session(record)
        case 2: return .initialModel(digest: "m\(below(9))")
        case 3: return .round(roundRecord())
        default: return .evaluation(EvaluationRecord(round: number(), loss: Double(below(9)) / 3, accuracy: nil, rows: 3, clients: 1))
        }
    }
    private mutating func entry() -> LedgerEntry { LedgerEntry(client: client(), dataset: one(of: ["x", "y"])) }
    private mutating func charge() -> PrivacyCharge? {
        guard let release = try? PrivateRelease(.gaussian(noiseMultiplier: one(of: [4.0, 9.0])), PrivacyModel(.zeroOut, .full)),
            let budget = try? PrivacyBudget(epsilon: one(of: [1.0, 3.0]), delta: 1e-5)
        else { return nil }
        return PrivacyCharge(id: "s/\(below(6))", members: [entry(), entry()], release: release, budget: budget, isRepeatable: below(2) == 0)
    }
    private mutating func node() -> NodeRecord {
        NodeRecord(tenant: tenant(), name: client(), certificateFingerprint: [UInt8(below(9))], enrolledAt: instant(), certificateExpiresAt: instant())
    }
    private mutating func token() -> EnrolmentTokenRecord {
        EnrolmentTokenRecord(hash: [UInt8(below(40)), 0], tenant: tenant(), node: client(), expiresAt: Instant(milliseconds: time + Int64(below(30)) - 5))
    }

    // MARK: Whole

    mutating func next() -> Question {
        if below(8) == 0 { return tenantOrQuota() }
        if below(3) == 0 { return ofJobs() }
        if below(10) == 0 { return .telemetry(telemetryQuestion()) }
        switch below(44) {
        case 34...43: return .account(accountQuestion())
        case 0: return .create(sessionRecord())
        case 1...4:
            let (id, tenant) = (id(), tenant())
            return .apply((0...below(3)).map { _ in change(id, tenant) }, session: id, tenant: tenant)
        case 5: return .session(id(), tenant: tenant())
        case 6: return .sessions(tenant: tenant())
        case 7: return .openSessions
        case 8: return .snapshot(id(), tenant: one(of: [nil, "one", "two"]))
        case 9: return .rounds(id(), tenant: tenant(), after: below(4), limit: below(5))
        case 10: return .setEvaluationSet(id(), tenant: tenant(), label: one(of: [nil, "class"]))
        case 11: return .evaluationSet(id(), tenant: tenant())
        case 12...15: return .store(contributionRecord(), body: body(), session: id(), tenant: tenant())
        case 16: return .contribution(key())
        case 17: return .body(key())
        case 18:
            let from = below(10)
            return .part(key(), from..<(from + below(15)))
        case 19: return .discard(id(), tenant: tenant(), through: number())
        case 20: return .addTokens((0...below(3)).map { _ in token() })
        case 21: return .token([UInt8(below(40)), 0])
        case 22, 23: return .enrol([UInt8(below(40)), 0], node(), instant())
        case 24:
            return one(of: [
                .node(client(), tenant: tenant()), .nodes(tenant: one(of: [nil, tenant()])),
                .renew(client(), tenant: tenant(), NodeCertificate(fingerprint: [UInt8(below(99))], issuedAt: instant(), expiresAt: instant())),
            ])
        case 25: return .revoke(client(), tenant: tenant(), instant())
        case 26: return .addKey(APIKeyRecord(id: client(), tenant: tenant(), hash: [1], role: "admin", createdAt: instant()))
        case 27: return .key(client())
        case 28: return .append(AuditRecord(at: instant(), action: .updateConflict, actor: client(), subject: id()), tenant: tenant())
        case 29:
            return one(of: [
                .audit(tenant: tenant(), after: Int64(below(9)) - 1, limit: below(9)), .auditHead(tenant: tenant()),
                .auditLeafHashes(tenant: tenant(), from: Int64(below(9)) - 1, limit: below(9)),
            ])
        case 30:
            let content = body()
            let digest = hexadecimal(CryptoSuite.system.sha256(content))
            return one(of: [.put(content), .get(digest), .contains(digest)])
        case 31, 32: return charge().map { .pay($0, tenant: tenant()) } ?? .history
        default: return one(of: [.past([entry(), entry()], tenant: tenant()), .ledger(tenant: tenant())])
        }
    }

    // MARK: Tenants and quotas

    private mutating func tenantRecord() -> TenantRecord {
        let domain = one(of: [nil, "a.example", "b.example"])
        var record = TenantRecord(id: tenant(), name: client(), domain: domain, performanceTier: one(of: PerformanceTier.allCases), createdAt: instant())
        record.capabilities = one(of: [nil, [], ["fraud_detection"]])
        record.quantumAllocation = one(of: [nil, 0, 1500])
        record.erasedAt = one(of: [nil, nil, nil, instant()])
        return record
    }
    private mutating func windowKey() -> QuotaWindowKey { QuotaWindowKey(tenant: tenant(), principal: client(), family: one(of: ["v1", "v4"])) }

    private mutating func tenantOrQuota() -> Question {
        switch below(8) {
        case 0, 1: return .addTenant(tenantRecord(), most: 1 + below(3))
        case 2: return .tenant(tenant())
        case 3: return .tenants(after: one(of: ["", "one", "two"]), limit: below(4))
        case 4, 5:
            var record = tenantRecord()
            // Two tenants of one domain are refused by the rules; the store's own refusal differs in words only when it is asked to add.
            record.domain = nil
            return .changeTenant(tenant(), below(4) == 0 ? nil : record)
        case 6:
            let windows = (0..<below(4)).map { _ in QuotaWindowRecord(key: windowKey(), openedAt: instant(), used: below(9)) }
            return .storeQuotaWindows(windows, removing: (0..<below(3)).map { _ in windowKey() })
        default: return .quotaWindows
        }
    }
}
