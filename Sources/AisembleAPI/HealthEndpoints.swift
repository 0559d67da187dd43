internal import APIKit
internal import Federation
internal import ModelServing
internal import Platform
internal import Telemetry

extension Aisemble {
    private static let prometheus = "text/plain; version=0.0.4; charset=utf-8"

    static func health(_ operations: Operations, _ texts: TextService, _ vision: VisionService, _ language: LanguageModels, _ gates: ServiceGates?)
        -> [Endpoint]
    {
        [
            // Asked often, by whoever watches: nothing here goes to the disk, and it is not counted against a plan.
            Endpoint(
                "GET", "/health", "health", .open, rate: .page,
                contract: Contract(
                    "How the coordinator is. What is not built is listed and counts for nothing.",
                    replies: [(200, .json(HealthView.shape)), (503, .json(HealthView.shape))])
            ) { request throws(ServiceError) in
                let now = now(request)
                let (health, seconds) = await operations.state(at: now)
                func word(_ service: GatedService) -> ServiceWord { gates?.isOpen(service) ?? true ? .healthy : .stopped }
                let view = HealthView(
                    status: health, at: Timestamp(now), version: operations.version,
                    services: HealthServices(
                        orchestrator: OrchestratorHealth(
                            status: ServiceWord(health), seconds: seconds, uptimeSeconds: uptimeSeconds(operations.recorder, now)),
                        llm: LanguageHealth(status: word(.llm), seconds: language.lastSeconds, models: language.loadedCount, waiting: language.waitingCount),
                        vision: VisionHealth(status: word(.vision), seconds: vision.lastSeconds),
                        nlp: TextHealth(status: word(.nlp), seconds: texts.lastSeconds)))
                return .json(health == .unhealthy ? 503 : 200, view.json)
            },
            Endpoint(
                "GET", "/health/comprehensive", "health.comprehensive", .scope(.monitoring), "The machine, the database and what stands outside.",
                gives: ComprehensiveHealth.self
            ) { request throws(ServiceError) in
                let now = now(request)
                // Before the probe, which uses the connection itself.
                let pool = PoolView(operations.connections())
                return ComprehensiveHealth(
                    status: await operations.state(at: now).health, at: Timestamp(now), system: SystemView(await operations.recorder.machine),
                    database: DatabaseView(status: await operations.database(), pool: pool))
            },
            Endpoint(
                "GET", "/metrics", "metrics", .scope(.monitoring), rate: .page,
                contract: Contract("What is measured, for Prometheus. Series of other tenants are left out.", replies: [(200, .bytes(prometheus))])
            ) { request throws(ServiceError) in
                APIReply(200, .bytes(Array(operations.metrics.prometheusText(tenant: try request.reach()).utf8), type: prometheus))
            },
        ]
    }

    /// A clock that was set back says 0.
    static func uptimeSeconds(_ recorder: Recorder, _ now: Instant) -> Int64 {
        let (milliseconds, overflow) = now.milliseconds.subtractingReportingOverflow(recorder.startedAt.milliseconds)
        return overflow ? 0 : max(0, milliseconds / 1000)
    }
}
