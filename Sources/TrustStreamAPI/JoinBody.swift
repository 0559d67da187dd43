package import APIKit
internal import Federation
package import FederationService
internal import Learning
package import StrictJSON

/// The document's request to join a session, with our extensions.
package struct JoinBody {
    package let application: JoinApplication
    package let notices: [JSON]
    private let body: ObjectReader

    /// - Parameter peer: who the connection's client certificate names.
    package init(_ body: ObjectReader, _ peer: Peer?) throws(ServiceError) {
        var body = body
        var notices: [JSON] = []
        guard let client = try body.name("client_id") else { throw body.missing("client_id") }
        let token = try body.secret("registration_token")
        var asked = JoinRequest(client: client)
        asked.dataSize = try body.whole("data_size", 0...1_000_000_000_000) ?? 1
        asked.computationCapability = try body.text("computation_capability") ?? "unknown"
        asked.networkBandwidth = try body.text("network_bandwidth") ?? "unknown"
        notices += body.withoutEffect(["computation_capability", "network_bandwidth"], "this is kept; deadlines come from measured times")
        if var preferences = try body.object("privacy_preferences") {
            if let cap = try preferences.number("max_privacy_budget") {
                guard cap >= 0.01, cap <= 10 else { throw preferences.invalid("max_privacy_budget", "must be between 0.01 and 10") }
                asked.maxPrivacyBudget = cap
            }
            asked.dataMinimization = try preferences.flag("data_minimization") ?? false
            if asked.dataMinimization { notices += preferences.withoutEffect(["data_minimization"], "this is kept; pseudonyms and sums are not built yet") }
            notices += preferences.notices
        }
        asked.dataset = try body.name("dataset")
        if let schema = try body.object("data_schema") {
            do { asked.schema = try DataSchema(json: body.raw("data_schema") ?? .null) } catch { throw body.invalid(error.field, error.issue) }
            notices += try Self.notices(of: schema)
        }
        notices += body.withoutEffect(["csr", "enrolment_token"], "a node is enrolled by POST /nodes/enrol, before it joins")
        var application = JoinApplication(clientID: client, request: asked)
        application.registrationToken = token
        if let peer {
            application.certificate = (peer.tenant, peer.client, peer.fingerprint)
            notices += body.withoutEffect(["registration_token"], "a client with a certificate joins by it")
        }
        self.application = application
        self.notices = notices + body.notices
        self.body = body
    }

    /// A disagreement about a field repeats that field as it was sent.
    func asSent(_ error: ServiceError) -> ServiceError {
        guard case .disagreement(let field, let issue, _) = error else { return error }
        return .disagreement(field: field, issue: issue, provided: body.provided(field))
    }

    private static func notices(of schema: ObjectReader) throws(ServiceError) -> [JSON] {
        var schema = schema
        schema.know(["inputs", "outputs", "task", "labels"])
        var notices = schema.withoutEffect(["rows"], "the number of rows is taken from data_size")
        if var scale = try schema.object("scale") {
            scale.know(["kind", "constant", "mins", "maxs", "means", "deviations"])
            notices += scale.notices
        }
        return notices + schema.notices
    }
}
