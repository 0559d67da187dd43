internal import Inference
package import ModelServing
internal import StrictJSON

// What models say, for a surface's envelope.

extension ServiceError {
    private static let busyRetrySeconds = 1
    private static let fetchRetrySeconds = 5

    /// - Parameters:
    ///   - field: where the model's inputs stand in the request.
    ///   - available: models of the tenant that answer now.
    package init(_ error: RuntimeError, field: String, available: @autoclosure () -> [String] = []) {
        switch error {
        case .model(let failure): self = Self.model(failure)
        case .notLoaded(let id): self = .modelNotLoaded(asked: id, available: available())
        case .inference(.input(let name, let problem)): self = .invalid(field: "\(field).\(name)", issue: problem, provided: nil)
        case .inference(.unsupported(let what)): self = .unprocessable(field: field, issue: what, provided: nil)
        case .noRoom, .tooManyModels: self = .unavailable(error.description, retryAfterSeconds: Self.fetchRetrySeconds)
        case .busy, .late: self = .unavailable(error.description, retryAfterSeconds: Self.busyRetrySeconds)
        // Nobody is there any more to read it.
        case .cancelled: self = .unavailable(error.description, retryAfterSeconds: Self.busyRetrySeconds)
        case .unwanted: self = .conflict(error.description, retryAfterSeconds: nil)
        case .upstream(let failure): self = ServiceError(failure, field: field)
        case .notOurs: self = .unprocessable(field: "model_id", issue: error.description, provided: nil)
        case .unreadable: self = .unprocessable(field: "model_id", issue: error.description, provided: nil)
        }
    }

    /// - Parameter field: what of the request its server may have refused.
    package init(_ failure: UpstreamFailure, field: String) {
        switch failure.kind {
        case .refused: self = .unprocessable(field: field, issue: failure.description, provided: nil)
        case .credentials, .model, .failed, .reply: self = .upstream(failure.description)
        case .unreachable, .late, .busy, .overloaded, .cancelled, .absent:
            self = .unavailable(failure.description, retryAfterSeconds: UpstreamLimits.retrySeconds)
        }
    }

    private static func model(_ failure: ModelFailure) -> ServiceError {
        switch failure {
        case .notFound(let id): .notFound("model \(id.clipped(Limits.nameBytes))")
        case .notReady: .unavailable(failure.description, retryAfterSeconds: fetchRetrySeconds)
        case .refused, .stopped, .damaged: .conflict(failure.description, retryAfterSeconds: nil)
        case .unsupported(let id, let why): .unprocessable(field: "model_id", issue: why, provided: .string(id))
        case .internalError(let cause): .internalError(cause: cause)
        }
    }
}

extension ModelRuntime {
    /// Asks a model; its errors are the surface's.
    package func asking<Value: Sendable>(
        tenant: String, field: String = "input.data", _ call: (ModelRuntime) async throws(RuntimeError) -> Value
    ) async throws(ServiceError) -> Value {
        do { return try await call(self) } catch { throw ServiceError(error, field: field, available: ready(tenant: tenant).map(\.id)) }
    }
}
