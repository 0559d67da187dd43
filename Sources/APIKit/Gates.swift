package import Platform

extension Family {
    private static var stoppedRetrySeconds: Int { 60 }

    /// The same, with 503 at the endpoints of a service while that is stopped.
    /// - Parameter service: of an endpoint; nil: it is always there.
    package func gated(by gates: ServiceGates, _ service: (Endpoint) -> GatedService?) -> Family {
        var family = self
        family.endpoints = endpoints.map { endpoint in
            guard let gate = service(endpoint) else { return endpoint }
            var gated = endpoint
            gated.handler = { request throws(ServiceError) in
                guard gates.enter(gate) else { throw .unavailable("\(gate.rawValue) is stopped", retryAfterSeconds: Self.stoppedRetrySeconds) }
                defer { gates.leave(gate) }
                return try await endpoint.handler(request)
            }
            return gated
        }
        return family
    }
}
