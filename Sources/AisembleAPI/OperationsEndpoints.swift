internal import APIKit
internal import Federation
internal import Platform
internal import Storage
internal import Suggestion
internal import Telemetry

private enum SystemWord: String, ChoiceValue {
    case operational, degraded, outage

    init(_ word: HealthWord) {
        self =
            switch word {
            case .healthy: .operational
            case .degraded: .degraded
            case .unhealthy: .outage
            }
    }
}

extension AlertSeverity: ChoiceValue {}

private struct AlertView: Described {
    static let name = "Alert"
    var level: AlertSeverity
    var message: String
    var at: Timestamp
    static let fields = [
        FieldOf<AlertView>("level", \.level, .rule("alerts")), FieldOf("message", \.message, .rule("alerts")),
        FieldOf("timestamp", \.at, .clock, "when it began to fire"),
    ]

    init(_ alert: Alert) {
        level = alert.severity
        message = alert.text
        at = Timestamp(alert.firedAt ?? alert.since)
    }
}

private struct UtilizationView: Described {
    static let name = "ResourceUtilization"
    var processor: Double?
    var memory: Double?
    /// Nobody reads one.
    var graphics: Double?
    static let fields = [
        FieldOf<UtilizationView>("cpu", \.processor, .measured, unit: "%"), FieldOf("memory", \.memory, .measured, unit: "%"),
        FieldOf("gpu", \.graphics, .measured, unit: "%", "null: it is not measured"),
    ]
}

private struct StatusView: Described {
    static let name = "SystemStatus"
    var status: SystemWord
    var uptime: String
    var active: Int
    var queued: Int
    var failed: Int
    var utilization: UtilizationView
    var alerts: [AlertView]
    static let fields = [
        FieldOf<StatusView>("system_status", \.status, .rule("health")), FieldOf("uptime", \.uptime, .clock, "such as 7d 14h 32m"),
        FieldOf("active_jobs", \.active, .counted), FieldOf("queued_jobs", \.queued, .counted), FieldOf("failed_jobs_24h", \.failed, .counted),
        FieldOf("resource_utilization", \.utilization, .measured), FieldOf("alerts", \.alerts, .rule("alerts"), "those that fire, the worst first"),
    ]
}

private struct StartBody: DescribedRequest {
    static let name = "StartService"
    var force = false
    var waits = false
    static let fields = [
        FieldOf<StartBody>("force", \.force, note: "a service that runs begins anew"),
        FieldOf("wait_for_health", \.waits, note: "the answer comes when the service has answered"),
    ]
}

private struct ServiceView: Described {
    static let name = "ServiceState"
    enum Word: String, ChoiceValue { case running, starting, stopped }
    enum Action: String, ChoiceValue { case start, stop }
    var service: String
    var action: Action
    var status: Word
    var changed: Bool
    private var message: String {
        switch (status, changed) {
        case (.running, true): "The service runs"
        case (.running, false): "The service runs already"
        case (.starting, _): "The service has not answered yet"
        case (.stopped, true): "The service is stopped, and stays so until it is started"
        case (.stopped, false): "The service was stopped before"
        }
    }
    static let fields = [
        FieldOf<ServiceView>("service", \.service, .request), FieldOf("action", \.action, .request), FieldOf("status", \.status, .rule("services")),
        FieldOf("changed", \.changed, .rule("services")), FieldOf("message", \.message, .fixed),
    ]
}

private struct StopBody: DescribedRequest {
    static let name = "StopService"
    var force = false
    static let fields = [FieldOf<StopBody>("force", \.force, note: "what is under way is not finished")]
}

extension Aisemble {
    /// None comes without another version of the program.
    private static let notBuiltRetrySeconds = 3600

    /// - Parameter gates: nil: nothing can be stopped.
    static func operations(_ operations: Operations, _ jobs: JobQueue, _ gates: ServiceGates?) -> [Endpoint] {
        [
            Endpoint(
                "GET", "/ops/status", "ops.status", .scope(.ops), "The whole at a glance: the tenant's jobs, the machine, and what needs attention.",
                gives: StatusView.self
            ) { request throws(ServiceError) in
                let (now, tenant) = (now(request), try request.reach())
                let counts = try await asking { () async throws(JobFailure) in
                    try await jobs.counts(tenant: tenant, finishedSince: now.adding(seconds: -86_400))
                }
                let machine = await operations.recorder.machine
                // What names somebody is for the platform alone.
                let alerts = await operations.recorder.firing.filter { tenant == nil || $0.subject == nil || $0.rule == AlertRule.serviceUnanswered }
                return StatusView(
                    status: SystemWord(await operations.state(at: now).health), uptime: uptime(seconds: uptimeSeconds(operations.recorder, now)),
                    active: counts[.running] ?? 0, queued: counts[.queued] ?? 0, failed: counts[.failed] ?? 0,
                    utilization: UtilizationView(processor: machine.processorPercent, memory: machine.memoryPercent), alerts: alerts.map { AlertView($0) })
            },
            service(
                "start", StartBody.self,
                "Starts a service for everybody; for the platform's administrator. workflow_service and explain_service are not built yet: 503."
            ) { gate, body, caller throws(StorageError) in
                guard let gates else { return nil }
                let changed = try await gates.start(gate, force: body.force, tenant: caller.tenant, actor: caller.actor)
                let runs = body.waits ? await gates.answers(gate) : true
                return ServiceView(service: gate.rawValue, action: .start, status: runs ? .running : .starting, changed: changed)
            },
            service(
                "stop", StopBody.self,
                "Stops a service for everybody, also over restarts: its endpoints answer 503 and its jobs wait. For the platform's administrator."
            ) { gate, body, caller throws(StorageError) in
                guard let gates else { return nil }
                let changed = try await gates.stop(gate, force: body.force, tenant: caller.tenant, actor: caller.actor)
                return ServiceView(service: gate.rawValue, action: .stop, status: .stopped, changed: changed)
            },
        ]
    }

    private static func service<Body: DescribedRequest>(
        _ action: String, _ body: Body.Type, _ summary: String,
        _ work: @escaping @Sendable (GatedService, Body, Principal) async throws(StorageError) -> ServiceView?
    ) -> Endpoint {
        Endpoint(
            "POST", "/ops/services/{service_name}/\(action)", "ops.\(action)", .scope(.ops), bodyLimitBytes: 16 << 10,
            contract: Contract(summary, request: .json(Body.shape), replies: [(200, .json(ServiceView.shape))])
        ) { request throws(ServiceError) in
            let name = request.parameter("service_name")
            guard let service = ServiceName(name) else { throw unknown(service: name) }
            let caller = try request.principal()
            guard caller.isPlatform else { throw .forbidden("services are everybody's; only the platform's administrator starts and stops them") }
            let (body, notices) = try await request.body(Body.self)
            guard let gate = GatedService(rawValue: service.rawValue) else {
                throw .unavailable("\(service.rawValue) is not built", retryAfterSeconds: notBuiltRetrySeconds)
            }
            let view: ServiceView?
            do throws(StorageError) { view = try await work(gate, body, caller) } catch {
                if case .full = error { throw .insufficientStorage }
                throw .internalError(cause: "\(error)")
            }
            guard let view else { throw .unavailable("\(service.rawValue) is always there", retryAfterSeconds: notBuiltRetrySeconds) }
            return .json(view.json.noting(notices))
        }
    }

    private static func unknown(service name: String) -> ServiceError {
        let names = ServiceName.allCases.map(\.rawValue)
        let meant = nearest(name, in: names).map { "did you mean '\($0)'?" } ?? "there are \(names.joined(separator: ", "))"
        return .notFound("service '\(name)'; \(meant)")
    }

    static func uptime(seconds: Int64) -> String { "\(seconds / 86_400)d \(seconds / 3600 % 24)h \(seconds / 60 % 60)m" }
}
