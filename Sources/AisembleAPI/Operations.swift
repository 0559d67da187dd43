internal import APIKit
internal import Federation
internal import Platform
package import Storage
package import Telemetry

/// What health and operations are told from.
package struct Operations: Sendable {
    /// The probe of this service is the coordinator's own.
    package static let coordinator = "orchestrator"
    let recorder: Recorder
    let metrics: Metrics
    let store: any TelemetryStore
    /// Of the program.
    let version: String
    let connections: @Sendable () -> ConnectionUse?

    /// - Parameter connections: of the store at this moment; nil: it has none.
    package init(
        recorder: Recorder, metrics: Metrics, store: any TelemetryStore, version: String, connections: @escaping @Sendable () -> ConnectionUse? = { nil }
    ) {
        self.recorder = recorder
        self.metrics = metrics
        self.store = store
        self.version = version
        self.connections = connections
    }

    /// How the whole is, and how it answered last.
    func state(at now: Instant) async -> (health: HealthWord, seconds: Double?) {
        let (grade, reading) = (await recorder.serving, await recorder.service(Self.coordinator, at: now))
        return (reading.isAnswering == false ? .unhealthy : HealthWord(grade), reading.seconds)
    }

    /// A transaction that changes nothing, and whether the last tick was kept.
    func database() async -> DatabaseWord {
        do throws(StorageError) { _ = try await store.logs(LogQuery(limit: 1)) } catch { return .disconnected }
        do throws(StorageError) { try await store.putSeries([], horizons: [0: .min]) } catch { return .notWritable }
        return await recorder.keeps ? .connected : .notWritable
    }
}

/// Services that the document names and that can be started and stopped. workflow_service and explain_service are not built.
enum ServiceName: String, CaseIterable {
    case llm = "llm_service"
    case vision = "vision_service"
    case nlp = "nlp_service"
    case annealer = "annealer_service"
    case workflow = "workflow_service"
    case explain = "explain_service"

    private static let aliases: [String: ServiceName] = ["llm": .llm, "vision": .vision, "nlp": .nlp]

    /// By its name, or for three of them the short one.
    init?(_ name: String) {
        guard let service = Self(rawValue: name) ?? Self.aliases[name] else { return nil }
        self = service
    }
}

extension APIRequest {
    /// Whose things the caller sees; nil: everybody's and nobody's, for a platform administrator that names no tenant.
    func reach() throws(ServiceError) -> String? {
        let caller = try principal()
        return caller.isPlatform && header("x-tenant-id") == nil ? nil : caller.tenant
    }
}
