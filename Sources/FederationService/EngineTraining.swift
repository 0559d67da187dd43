internal import CryptoSuite
package import Federation
package import Platform
internal import Storage
package import StrictJSON
internal import Trust

/// Federated training for jobs, by the engine of this coordinator.
///
/// A job's session has an id that is drawn from the job's, so that a crash between the session and the job's checkpoint makes no second one.
/// Its registration token is shown to nobody: nodes join with their certificates.
package struct EngineTraining: FederatedTraining {
    private let engine: FederationEngine
    package typealias Reading = @Sendable (JSON) throws(JobFailure) -> (spec: SessionSpec, notices: [JSON])
    private let read: Reading

    /// - Parameter read: makes a session's configuration of a job's parameters, and says what of them had no effect.
    package init(engine: FederationEngine, read: @escaping Reading) {
        self.engine = engine
        self.read = read
    }

    /// The job's own entries say who made it.
    private static let actor: AuditActor = "jobs"

    package func check(_ parameters: JSON) throws(JobFailure) { _ = try read(parameters) }
    package func notices(_ parameters: JSON) -> [JSON] { (try? read(parameters))?.notices ?? [] }

    package func session(key: String) -> String {
        FederationEngine.sessionID(Array(CryptoSuite.system.sha256(Array("tutti job session/\(key)".utf8)).prefix(16)))
    }

    package func start(_ session: String, _ parameters: JSON, tenant: String) async throws(JobFailure) {
        let spec = try read(parameters).spec
        do throws(FederationFailure) {
            if try await isThere(session, tenant) { return }
            _ = try await engine.createSession(spec, tenant: tenant, id: session, by: Self.actor)
        } catch { throw JobFailure(error) }
    }

    private func isThere(_ session: String, _ tenant: String) async throws(FederationFailure) -> Bool {
        do throws(FederationFailure) {
            _ = try await engine.host(session, tenant: tenant)
            return true
        } catch {
            if case .notFound = error { return false }
            throw error
        }
    }

    package func status(_ session: String, tenant: String) async throws(JobFailure) -> TrainingStatus {
        do throws(FederationFailure) {
            let host = try await engine.host(session, tenant: tenant)
            let view = await host.view()
            let committed = await host.machine.committedRounds
            return TrainingStatus(
                phase: Self.phase(view.record), committedRounds: committed, rounds: view.record.spec.rounds, model: view.model, modelRound: view.modelRound,
                figures: [
                    "loss": JSON(view.loss), "accuracy": JSON(view.accuracy), "held_out_loss": JSON(view.heldOutLoss),
                    "held_out_accuracy": JSON(view.heldOutAccuracy), "clients": JSON(view.totalClients), "epsilon": JSON(view.epsilon),
                ])
        } catch { throw JobFailure(error) }
    }

    private static func phase(_ session: SessionRecord) -> TrainingStatus.Phase {
        switch session.status {
        case .initializing, .waiting: .waiting
        case .training: .training
        case .completed: .completed
        case .stopped, .failed, .budgetExhausted: .ended(session.statusReason ?? session.status.rawValue)
        }
    }

    package func stop(_ session: String, tenant: String, reason: String) async throws(JobFailure) {
        do throws(FederationFailure) { _ = try await engine.stop(session, tenant: tenant, reason: reason, by: Self.actor) } catch { throw JobFailure(error) }
    }
}

extension JobFailure {
    init(_ failure: FederationFailure) {
        switch failure {
        case .notFound(let what): self = .notFound(what)
        case .invalid(let field, let issue, let provided), .unprocessable(let field, let issue, let provided),
            .disagreement(let field, let issue, let provided):
            self = .invalid(field: "parameters.\(field)", issue: issue, provided: provided)
        case .conflict(let what, _): self = .conflict(what)
        case .insufficientStorage: self = .insufficientStorage
        case .tooLarge(let limit): self = .invalid(field: "parameters", issue: "names something longer than \(limit) bytes", provided: nil)
        case .unauthenticated(let what), .forbidden(let what), .unavailable(let what, _), .internalError(let what): self = .internalError(what)
        }
    }
}
