package import APIKit
internal import Federation
package import FederationService
internal import Learning
package import StrictJSON

/// The document's request to join a session, with our extensions.
struct NewMember: DescribedRequest {
    static let name = "NewMember"
    var client = Name("")
    var token: String?
    var rows: Int64 = 1
    var capability = "unknown"
    var bandwidth = "unknown"
    var preferences: PrivacyPreferences?
    var dataset: Name?
    var schema: DeclaredSchemaForm?
    var csr: JSON?
    var enrolmentToken: JSON?

    static let fields = [
        FieldOf<NewMember>("client_id", \.client, isRequired: true, note: "of a client with a certificate the name in it"),
        FieldOf("registration_token", \.token, .secret(), note: "of a client without a certificate"),
        FieldOf("data_size", \.rows, Bounds(range: 0...1e12), unit: "rows", note: "0: it evaluates only"),
        FieldOf("computation_capability", \.capability, note: "kept, without effect"), FieldOf("network_bandwidth", \.bandwidth, note: "kept, without effect"),
        FieldOf("privacy_preferences", \.preferences), FieldOf("dataset", \.dataset, note: "of the client's data sets, for its privacy budget"),
        FieldOf("data_schema", \.schema), FieldOf("csr", \.csr, note: "without effect: POST /nodes/enrol"),
        FieldOf("enrolment_token", \.enrolmentToken, note: "without effect: POST /nodes/enrol"),
    ]
}

struct PrivacyPreferences: DescribedRequest {
    static let name = "PrivacyPreferences"
    var cap: Double?
    var isMinimal = false

    static let fields = [
        FieldOf<PrivacyPreferences>("max_privacy_budget", \.cap, .later(0.01...10), unit: "epsilon", note: "where it is left out the session's"),
        FieldOf("data_minimization", \.isMinimal, note: "kept, without effect"),
    ]
}

/// A request to join: the rules that take more than one field, and who the connection says it is.
package struct JoinBody {
    package let application: JoinApplication
    package var notices: [JSON] { sent.notices }
    private var sent: Sent<NewMember>

    package init(_ json: JSON, _ peer: Peer?) throws(ServiceError) { try self.init(try Sent(json), peer) }

    /// - Parameter peer: who the connection's client certificate names.
    init(_ read: Sent<NewMember>, _ peer: Peer?) throws(ServiceError) {
        var sent = read
        let body = read.body
        var asked = JoinRequest(client: body.client.text)
        (asked.dataSize, asked.computationCapability, asked.networkBandwidth) = (body.rows, body.capability, body.bandwidth)
        sent.withoutEffect(["computation_capability", "network_bandwidth"], "this is kept; deadlines come from measured times")
        if let cap = body.preferences?.cap {
            guard cap >= 0.01, cap <= 10 else { throw sent.invalid("privacy_preferences.max_privacy_budget", "must be between 0.01 and 10") }
            asked.maxPrivacyBudget = cap
        }
        asked.dataMinimization = body.preferences?.isMinimal ?? false
        if asked.dataMinimization {
            sent.withoutEffect(["privacy_preferences.data_minimization"], "this is kept; pseudonyms and sums are not built yet")
        }
        asked.dataset = body.dataset?.text
        if let schema = body.schema {
            do { asked.schema = try DataSchema(json: schema.json) } catch { throw sent.invalid(error.field, error.issue) }
            sent.withoutEffect(["data_schema.rows"], "the number of rows is taken from data_size")
        }
        sent.withoutEffect(["csr", "enrolment_token"], "a node is enrolled by POST /nodes/enrol, before it joins")
        var application = JoinApplication(clientID: body.client.text, request: asked)
        application.registrationToken = body.token
        if let peer {
            application.certificate = (peer.tenant, peer.client, peer.fingerprint)
            sent.withoutEffect(["registration_token"], "a client with a certificate joins by it")
        }
        self.application = application
        self.sent = sent
    }

    /// A disagreement about a field repeats that field as it was sent.
    func asSent(_ error: ServiceError) -> ServiceError {
        guard case .disagreement(let field, let issue, _) = error else { return error }
        return .disagreement(field: field, issue: issue, provided: sent.provided(field))
    }
}
