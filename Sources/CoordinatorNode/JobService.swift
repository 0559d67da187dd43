import APIKit
import Federation
import FederationService
import Logging
import Platform
import QuantumService
import ServiceLifecycle
import Storage
import StrictJSON
import Telemetry
import Trust
import TrustStreamAPI

/// The queue as a service: runs jobs until the graceful stop, and ends when those under way have come to a checkpoint.
struct JobService: Service {
    let queue: JobQueue

    func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await queue.run()
        } onCancelOrGracefulShutdown: {
            Task { await queue.drain() }
        }
    }

    /// An open queue with the runners of this version.
    static func queue(
        _ store: SQLiteStore, _ engine: FederationEngine, _ annealer: Annealer, _ gates: ServiceGates, metrics: Metrics, log: Logger
    ) async throws(StorageError) -> JobQueue {
        let training = EngineTraining(engine: engine) { parameters throws(JobFailure) in
            do throws(ServiceError) { return try TrustStream.readSession(parameters) } catch { throw JobFailure(reading: error) }
        }
        let artifacts = Artifacts(store: store, suite: .system, log: log)
        let queue = JobQueue(
            store: store, artifacts: artifacts,
            runners: [
                TrainingRunner(training: training), ReportRunner(sessions: store),
                GatedRunner(AnnealingRunner(pool: annealer.pool, leases: annealer.leases, artifacts: artifacts), gates, .annealer),
            ], clock: .system { Instant.now }, random: .system, log: log,
            ended: { metrics.add(TelemetryMetric.jobs, [("outcome", $0.state.rawValue)]) })
        try await queue.open()
        return queue
    }
}

extension JobFailure {
    /// What a session's request would be refused with.
    fileprivate init(reading error: ServiceError) {
        switch error {
        case .invalid(let field, let issue, let provided), .unprocessable(let field, let issue, let provided),
            .disagreement(let field, let issue, let provided):
            self = .invalid(field: "parameters.\(field)", issue: issue, provided: provided)
        case .notImplemented(let feature, let what, let provided): self = .invalid(field: "parameters.\(feature)", issue: what, provided: provided)
        case .insufficientStorage: self = .insufficientStorage
        case .unauthenticated, .forbidden, .notFound, .methodNotAllowed, .conflict, .modelNotLoaded, .tooLarge, .unsupportedMediaType, .upgradeRequired, .rateLimited,
            .quotaExceeded, .upstream, .unavailable, .internalError:
            self = .internalError("\(error)")
        }
    }
}
