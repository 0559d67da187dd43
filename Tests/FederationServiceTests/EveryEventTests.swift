import Federation
import FederationService
import Foundation
import Logging
import ModelServing
import Platform
import QuantumService
import Storage
import StrictJSON
import Telemetry
import Testing
import Trust

/// Everything that a webhook can name: what is said to be sent is caused here and read from the outbox, in a store that was closed
/// and opened again; what nothing leads to yet says so.
@Suite struct EveryEventTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let later = Instant(milliseconds: 99_999_999_999_999)
    /// A whole hour.
    private static let noon = Instant(milliseconds: 1_800_000_000_000)

    /// Fails or succeeds, as it is told.
    private struct Obedient: JobRunner {
        let type = JobType.annealing
        func run(_ job: JobRecord, _ context: JobContext) async throws -> JobResult {
            guard job.parameters.contains("succeed") else { throw JobRunError("out_of_luck", "It did not work.", mayRetry: false) }
            return JobResult(content: Array("{}".utf8))
        }
    }

    @Test func allAreSentByWhatCausesThemOrNotBuilt() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            for (id, owner) in [("w", tenant), ("other", "other")] {
                let webhook = WebhookRecord(
                    id: id, tenant: owner, family: "v1", url: "https://example.org/", events: WebhookEvent.allCases.map(\.rawValue), secrets: [],
                    maxRetries: 1, retryDelaySeconds: 1, createdAt: Instant(milliseconds: 0))
                let audit = AuditRecord(at: Instant(milliseconds: 0), action: .webhookCreated, actor: "admin", subject: id)
                #expect(try await service.store.addWebhook(webhook, audit: audit, limit: 1))
            }
            var expected: [WebhookEvent: Int] = [:]
            for event in WebhookEvent.allCases {
                guard case .sent = event.cause else { continue }
                expected[event] = try await cause(event, service)
                #expect(expected[event] ?? 0 > 0, "nothing caused \(event.rawValue)")
            }
            await service.stop()

            let store = try SQLiteStore(folder: folder, suite: .system, creates: false)
            let due = try await store.dueDeliveries(Self.later, perWebhook: 100, limit: 100)
            #expect(due.allSatisfy { $0.webhook.tenant == tenant }, "another tenant is told nothing")
            let told = try due.map { try JSON(parsing: $0.body) }
            for event in WebhookEvent.allCases {
                let mine = told.filter { $0["event"]?.text == event.rawValue }
                #expect(mine.count == expected[event] ?? 0, "\(event.rawValue)")
                for one in mine {
                    #expect(one.members?.map(\.name) == ["event", "timestamp", "data"] && one["timestamp"]?.text?.hasSuffix("Z") == true)
                    for field in event.fields { #expect(one["data"]?[field] != nil, "\(event.rawValue) lacks \(field)") }
                }
            }
            func data(_ event: WebhookEvent) -> [JSON] { told.filter { $0["event"]?.text == event.rawValue }.compactMap { $0["data"] } }
            #expect(data(.jobFailed).first?["error"]?["code"] == "out_of_luck" && data(.jobFailed).first?["attempts"] == 1)
            #expect(data(.jobCompleted).first?["results_url"]?.text == data(.jobCompleted).first?["job_id"]?.text.map { "/jobs/\($0)/results" })
            let upgrade = data(.tierUpgraded).first
            #expect(upgrade?["previous_tier"] == "premium" && upgrade?["new_tier"] == "quantum" && upgrade?["changed_by"] == "root")
            let alerts = data(.securityAlert)
            #expect(alerts.allSatisfy { $0["severity"] == "critical" && $0["ip_address"] == "192.0.2.9" })
            #expect(alerts.contains { $0["tenant_id"] == .null } && alerts.contains { $0["tenant_id"]?.text == tenant })
            #expect(data(.serviceUnhealthy).first?["service"] == "silent")
            await store.close()
        }
    }

    /// Does what is said to lead to the event.
    /// - Returns: how many of it are to be there.
    private func cause(_ event: WebhookEvent, _ service: Service) async throws -> Int {
        switch event {
        case .jobCompleted: try await runJob(service, ["how": "succeed"])
        case .jobFailed: try await runJob(service, ["how": "not"])
        case .jobCancelled:
            let queue = queue(service)
            try await queue.open()
            let asked = JobRequest(name: "j", type: .annealing, scheduledAt: Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) + 3_600_000))
            let job = try await queue.submit(asked, tenant: tenant, actor: "me").job.record
            #expect(try await queue.cancel(job.id, tenant: tenant, actor: "me").record.state == .cancelled)
        case .tierUpgraded:
            let tenants = try await Tenants.open(store: service.store, random: .system, now: Self.noon)
            for (seconds, tier) in [(1.0, PerformanceTier.premium), (2, .quantum)] {
                let update = TenantUpdate(performanceTier: tier)
                _ = try await tenants.update(tenant, update, ceiling: .tier, actor: "root", now: Self.noon.adding(seconds: seconds))
            }
        case .securityAlert:
            let recorder = await recorder(service)
            for _ in 1...10 { await recorder.loginFailed(address: "192.0.2.9", at: Self.noon) }
            for seconds in [1.0, 11] { await recorder.tick(at: Self.noon.adding(seconds: seconds)) }
            try await useTwice(service)
            return 2
        case .serviceUnhealthy:
            let recorder = await recorder(service)
            let (silence, end) = AsyncStream.makeStream(of: Void.self)
            await recorder.add(
                .service("silent") {
                    for await _ in silence {}
                    return false
                })
            for tick in 1...6 { await recorder.tick(at: Self.noon.adding(seconds: Double(tick) * 10)) }
            #expect(await recorder.firing.map(\.rule) == [AlertRule.serviceUnanswered])
            end.finish()
        case .roundCompleted:
            let (session, _) = try await sessionWithMembers(service.engine, ["a", "b"], smallSpec(clients: 2, rounds: 2))
            #expect(try await takePart(["a", "b"].map { (TestClient(service.engine, session, $0), TestChannel()) }))
            return 2
        case .sessionCompleted:
            let session = try await service.engine.createSession(smallSpec(clients: 2, rounds: 2), tenant: tenant).view.record.id
            _ = try await service.engine.stop(session, tenant: tenant, reason: "enough")
            // The one whose rounds were told, too.
            return 2
        case .allocationExpired:
            let tenants = try await Tenants.open(store: service.store, random: .system, now: Self.noon)
            let clock = JobClock(now: { Self.noon.adding(seconds: 60) }, sleep: { _ in })
            let leases = Leases(store: service.store, tenants: tenants, capacity: 100, clock: clock, random: .system, log: Self.quiet)
            let request = LeaseRequest(qubits: 10, seconds: 60, priority: .normal, workload: .optimization, strategy: .auto)
            _ = try await leases.allocate(request, tenant: Tenants.defaultID, actor: "a", now: Self.noon)
            await leases.expire()
        case .modelLoaded, .modelUnloaded:
            let events = ModelEvents(store: service.store, suite: .system, log: Self.quiet, now: { Self.noon })
            let model = ServableModel(id: "m", tenant: tenant, name: "m", version: "1", format: .safetensors, sha256: "ab", bytes: 4)
            await events.tell(event == .modelLoaded ? .loaded(model, seconds: 1, memoryBytes: 4) : .unloaded(model), actor: "me")
        case .operationCompleted, .serviceLevelMissed, .failureRateHigh:
            Issue.record("\(event.rawValue) is said to be sent, and nothing here causes it")
        }
        return 1
    }

    private func queue(_ service: Service) -> JobQueue {
        JobQueue(
            store: service.store, artifacts: Artifacts(store: service.store, suite: .system, log: Self.quiet), runners: [Obedient()],
            clock: .system { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }, random: .system, log: Self.quiet)
    }

    private func runJob(_ service: Service, _ parameters: JSON) async throws {
        let queue = queue(service)
        try await queue.open()
        let job = try await queue.submit(JobRequest(name: "j", type: .annealing, parameters: parameters), tenant: tenant, actor: "me").job.record
        let running = Task { await queue.run() }
        var isOver = false
        for _ in 0..<6000 where !isOver {
            isOver = try await queue.job(job.id, tenant: tenant).record.state.isFinal
            if !isOver { try await Task.sleep(for: .milliseconds(10)) }
        }
        #expect(isOver)
        await queue.drain()
        await running.value
    }

    private func recorder(_ service: Service) async -> Recorder {
        let recorder = Recorder(metrics: Metrics(help: [:]), store: service.store, system: nil, log: Self.quiet, startedAt: Self.noon)
        await recorder.tell(AlertEvents.events)
        return recorder
    }

    private func useTwice(_ service: Service) async throws {
        let identity = Identity(
            store: service.store, tokens: TokenIssuer(keys: SigningKeys(.system, now: Self.noon), random: .system),
            passwordCost: ScryptCost(rounds: 1024, blockSize: 8, parallelism: 1))
        _ = try await identity.createUser(
            tenant: tenant, name: "ada", password: "correct horse battery", by: .platform(id: "root"), now: Self.noon)
        guard case .granted(_, let refresh) = try await identity.login(name: "ada", password: "correct horse battery", address: "192.0.2.9", now: Self.noon)
        else { throw JobFailure.conflict("no login") }
        for _ in 1...2 { _ = try await identity.refresh(refresh.text, address: "192.0.2.9", now: Self.noon.adding(seconds: 1)) }
    }
}
