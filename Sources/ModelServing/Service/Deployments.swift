/// Which model answers for a deployment.
package protocol DeploymentSource: Sendable {
    /// The id of its model.
    /// - Throws: `notFound` where there is no such deployment, `notReady` where its model has no file yet.
    func model(of deployment: String, tenant: String) async throws(ModelFailure) -> String
    /// The newest deployment of the tenant that answers; nil: there is none.
    func latest(tenant: String) async throws(ModelFailure) -> String?
}

/// Every model is its own deployment: of a coordinator that places none.
package struct ModelsAsDeployments: DeploymentSource {
    private let runtime: ModelRuntime
    package init(_ runtime: ModelRuntime) { self.runtime = runtime }

    package func model(of deployment: String, tenant: String) async throws(ModelFailure) -> String {
        if runtime.answering(deployment, tenant: tenant) != nil { return deployment }
        do throws(RuntimeError) { return try await runtime.status(deployment, tenant: tenant).record.id } catch {
            if case .model(.notReady) = error { return deployment }
            guard case .model(let failure) = error else { throw .internalError(cause: error.description) }
            throw failure
        }
    }

    package func latest(tenant: String) async throws(ModelFailure) -> String? { runtime.latest(tenant: tenant)?.id }
}
