import CryptoSuite
import DifferentialPrivacy
import Federation
import Foundation
import Storage
import Testing
import Trust

/// Long random sequences of everything that can be asked, to a store in memory and to one on disk that is closed and opened
/// again now and then: the same answers, word for word but for the words of errors.
@Suite struct SameAnswersTests {
    @Test(arguments: 1...12)
    func memoryAndDiskAnswerAlike(_ seed: Int) async throws {
        try await withFolder { folder in
            let memory = MemoryStore(suite: .system)
            var disk = try SQLiteStore(folder: folder, suite: .system, inlineBytes: 20)
            var questions = Questions(seed: seed)
            for step in 1...300 {
                if questions.below(25) == 0 {
                    await disk.close()
                    disk = try SQLiteStore(folder: folder, suite: .system, inlineBytes: 20)
                    memory.clearUp()
                }
                let question = questions.next()
                let expected = await question.answer(memory)
                let found = await question.answer(disk)
                #expect(found == expected, "seed \(seed), step \(step): \(question)")
                if found != expected { return }
            }
            await disk.close()
        }
    }

    /// That the comparison can tell: a store that forgets one audit entry gives itself away.
    @Test func anotherAnswerIsNoticed() async throws {
        let (one, two) = (MemoryStore(suite: .system), MemoryStore(suite: .system))
        let question = Question.audit(tenant: "one", after: 0, limit: 10)
        #expect(await question.answer(one) == question.answer(two))
        try await one.append(AuditRecord(at: now, action: .nodeEnrolled, actor: "a", subject: "a"), tenant: "one")
        #expect(await question.answer(one) != question.answer(two))
    }
}

/// One call of a store.
enum Question: Sendable {
    case create(SessionRecord)
    case apply([DurableChange], session: String, tenant: String)
    case session(String, tenant: String)
    case sessions(tenant: String)
    case openSessions
    case snapshot(String, tenant: String?)
    case rounds(String, tenant: String, after: Int, limit: Int)
    case setEvaluationSet(String, tenant: String, label: String?)
    case evaluationSet(String, tenant: String)
    case store(ContributionRecord, body: [UInt8], session: String, tenant: String)
    case contribution(ContributionKey)
    case body(ContributionKey)
    case part(ContributionKey, Range<Int>)
    case discard(String, tenant: String, through: Int)
    case addTokens([EnrolmentTokenRecord])
    case token([UInt8])
    case enrol([UInt8], NodeRecord, Instant)
    case node(String, tenant: String)
    case nodes(tenant: String?)
    case renew(String, tenant: String, NodeCertificate)
    case revoke(String, tenant: String, Instant)
    case addKey(APIKeyRecord)
    case key(String)
    case account(AccountQuestion)
    case append(AuditRecord, tenant: String)
    case audit(tenant: String, after: Int64, limit: Int)
    case auditHead(tenant: String)
    case auditLeafHashes(tenant: String, from: Int64, limit: Int)
    case put([UInt8])
    case get(String)
    case contains(String)
    case pay(PrivacyCharge, tenant: String)
    case past([LedgerEntry], tenant: String)
    case ledger(tenant: String)
    case history
    case addTenant(TenantRecord, most: Int)
    case tenant(String)
    case tenants(after: String, limit: Int)
    /// nil: the change is refused.
    case changeTenant(String, TenantRecord?)
    case quotaWindows
    case storeQuotaWindows([QuotaWindowRecord], removing: [QuotaWindowKey])
    case epoch
    case submit(JobRecord, openMax: Int, remembered: Instant)
    case job(String, tenant: String)
    case jobs(tenant: String, JobState?, offset: Int, limit: Int)
    case jobCounts(tenant: String?, since: Instant?)
    case openJobs(after: String, limit: Int)
    case completedJobs(JobType, limit: Int)
    case changeJob(String, epoch: Int64, JobState, finished: Instant?, checkpoint: [UInt8]?)
    case jobCheckpoint(String)
    case forgetJobs(before: Instant, limit: Int)
    case putArtifact(String, [UInt8], tenant: String, expires: Instant?, replaces: Bool)
    case artifact(String, tenant: String)
    case artifactContent(String, tenant: String)
    case artifacts(tenant: String, prefix: String, after: String, limit: Int)
    case deleteArtifact(String, tenant: String)
    case expireArtifacts(Instant, limit: Int)
    case telemetry(TelemetryQuestion)

    /// In words, so that answers of all types can be compared.
    func answer(_ store: any WholeStore) async -> String {
        do {
            switch self {
            case .create(let record): return "\(try await store.create(record))"
            case .apply(let changes, let session, let tenant): return "\(try await store.apply(changes, session: session, tenant: tenant))"
            case .session(let id, let tenant): return "\(String(describing: try await store.session(id, tenant: tenant)))"
            case .sessions(let tenant): return "\(try await store.sessions(tenant: tenant))"
            case .openSessions: return "\(try await store.openSessions())"
            case .snapshot(let id, let tenant): return "\(String(describing: try await store.snapshot(id, tenant: tenant)))"
            case .rounds(let id, let tenant, let after, let limit): return "\(try await store.rounds(id, tenant: tenant, after: after, limit: limit))"
            case .setEvaluationSet(let id, let tenant, let label):
                return "\(try await store.setEvaluationSet(EvaluationSetRecord(file: "f", label: label), session: id, tenant: tenant))"
            case .evaluationSet(let id, let tenant): return "\(String(describing: try await store.evaluationSet(session: id, tenant: tenant)))"
            case .store(let record, let body, let id, let tenant):
                return "\(try await store.storeContribution(record, body: body, session: id, tenant: tenant))"
            case .contribution(let key): return "\(String(describing: try await store.contribution(key)))"
            case .body(let key): return "\(String(describing: try store.contributionBody(key)))"
            case .part(let key, let range): return "\(String(describing: try store.contributionPart(key, range)))"
            case .discard(let id, let tenant, let round): return "\(try await store.discardContributions(session: id, tenant: tenant, throughRound: round))"
            case .addTokens(let tokens): return "\(try await store.addEnrolmentTokens(tokens))"
            case .token(let hash): return "\(String(describing: try await store.enrolmentToken(hash: hash)))"
            case .enrol(let hash, let node, let now): return "\(try await store.enrol(tokenHash: hash, node: node, now: now))"
            case .node(let name, let tenant): return "\(String(describing: try await store.node(tenant: tenant, name: name)))"
            case .nodes(let tenant): return "\(try await store.nodes(tenant: tenant))"
            case .renew(let name, let tenant, let certificate):
                let changed = try await store.changeNode(tenant: tenant, name: name) { node in
                    let entry = AuditRecord(at: certificate.issuedAt, action: .nodeRenewed, actor: name, subject: name)
                    return node.revokedAt == nil ? (node.renewed(with: certificate, shown: node.certificateFingerprint), entry) : nil
                }
                return "\(String(describing: changed))"
            case .revoke(let name, let tenant, let now): return "\(try await store.revokeNode(tenant: tenant, name: name, now: now))"
            case .addKey(let key): return "\(try await store.addKey(key))"
            case .key(let id): return "\(String(describing: try await store.key(id: id)))"
            case .account(let question): return try await question.answer(store)
            case .append(let entry, let tenant): return "\(try await store.append(entry, tenant: tenant))"
            case .audit(let tenant, let after, let limit): return "\(try await store.audit(tenant: tenant, after: after, limit: limit).map { "\($0)" })"
            case .auditHead(let tenant): return "\(try await store.auditHead(tenant: tenant))"
            case .auditLeafHashes(let tenant, let from, let limit): return "\(try await store.auditLeafHashes(tenant: tenant, from: from, limit: limit))"
            case .put(let bytes): return try await store.put(bytes)
            case .get(let digest): return "\(String(describing: try await store.get(digest)))"
            case .contains(let digest): return "\(try await store.contains(digest))"
            case .pay(let charge, let tenant): return "\(try await store.pay(charge, tenant: tenant))"
            case .past(let members, let tenant): return "\(try await store.past(members, tenant: tenant))"
            case .ledger(let tenant): return "\(try await store.ledger(tenant: tenant))"
            case .telemetry(let question): return try await question.answer(store)
            case .history: return "\(String(describing: try await store.history()))"
            case .addTenant(let record, let most):
                let entry = AuditRecord(at: record.createdAt, action: .tenantCreated, actor: "a", subject: record.id)
                return "\(try await store.addTenant(record, audit: entry, most: most))"
            case .tenant(let id): return "\(String(describing: try await store.tenant(id)))"
            case .tenants(let after, let limit): return "\(try await store.tenants(after: after, limit: limit))"
            case .changeTenant(let id, let record):
                let result = try await store.changeTenant(id) { before, running -> Result<(record: TenantRecord, audit: AuditRecord)?, NoChange> in
                    guard var record else { return .failure(NoChange(running: running)) }
                    (record.id, record.createdAt) = (before.id, before.createdAt)
                    if record == before { return .success(nil) }
                    return .success((record, AuditRecord(at: now, action: .tenantUpdated, actor: "\(running)", subject: id)))
                }
                return "\(String(describing: result))"
            case .quotaWindows: return "\(try await store.quotaWindows())"
            case .storeQuotaWindows(let windows, let removing): return "\(try await store.storeQuotaWindows(windows, removing: removing))"
            default: return try await answerOfJobs(store)
            }
        } catch { return "refused: \(sort(error))" }
    }
}

struct NoChange: Error { var running: Int }
