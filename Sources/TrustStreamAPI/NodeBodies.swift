package import APIKit
internal import FederationService
package import StrictJSON

private let csrBytes = 1...(16 << 10)

struct EnrolmentBody: DescribedRequest {
    static let name = "NewNode"
    var token = ""
    var csr = ""

    static let fields = [
        FieldOf<EnrolmentBody>("token", \.token, isRequired: true, .secret(), note: "an enrolment token; it is used up by this"),
        FieldOf("csr", \.csr, isRequired: true, .secret(csrBytes), note: "a certificate request (PKCS#10) as PEM"),
    ]
}

struct RenewalBody: DescribedRequest {
    static let name = "Renewal"
    var csr = ""
    static let fields = [FieldOf<RenewalBody>("csr", \.csr, isRequired: true, .secret(csrBytes), note: "a certificate request (PKCS#10) as PEM")]
}

/// The reply to an enrolment and to a renewal.
struct EnrolledFacts: Described {
    static let name = "Enrolment"
    let enrolment: Enrolment

    static let fields = [
        FieldOf<EnrolledFacts>("tenant", \.enrolment.tenant, .stored), FieldOf("client_id", \.enrolment.node, .stored),
        FieldOf("certificate", \.enrolment.certificatePEM, .generated, "PEM"), FieldOf("ca_certificate", \.enrolment.authorityPEM, .stored, "PEM"),
        FieldOf("expires_at", \.enrolment.expiresAt, .clock),
    ]
}

struct NewTokens: DescribedRequest {
    static let name = "NewEnrolmentTokens"
    var lifetime = 86_400
    var prefix = "client"
    var count = 1
    var names: [String] = []

    static let fields = [
        FieldOf<NewTokens>("lifetime_seconds", \.lifetime, .whole(60...2_592_000), unit: "s"),
        FieldOf("prefix", \.prefix, Bounds(count: 1...100), note: "of the names of nodes: prefix-01, prefix-02, …"),
        FieldOf("count", \.count, .whole(1...10_000), unit: "nodes"),
        FieldOf("names", \.names, Bounds(count: 0...10_000), note: "of the nodes, instead of prefix and count"),
    ]
}

/// A request for enrolment tokens: for `names`, or for `count` nodes called `prefix-01`, `prefix-02`, …
package struct TokensBody {
    package let names: [String]
    package let lifetimeSeconds: Int
    package let notices: [JSON]

    package init(_ json: JSON) throws(ServiceError) { try self.init(try Sent(json)) }

    init(_ read: Sent<NewTokens>) throws(ServiceError) {
        var sent = read
        let body = read.body
        lifetimeSeconds = body.lifetime
        if body.names.isEmpty {
            guard isName("\(body.prefix)-1") else { throw sent.invalid("prefix", "must be letters, digits, '-', '.' and '_'") }
            let width = max(2, "\(body.count)".count)
            names = (1...body.count).map { "\(body.prefix)-" + String(repeating: "0", count: width - "\($0)".count) + "\($0)" }
        } else {
            sent.withoutEffect(["count", "prefix"], "names are given, so this does not count")
            if let bad = body.names.first(where: { !isName($0) }) { throw .invalid(field: "names", issue: "each \(nameRule)", provided: .string(bad)) }
            var seen = Set<String>()
            if let twice = body.names.first(where: { !seen.insert($0).inserted }) {
                throw .invalid(field: "names", issue: "each node gets one token; this name is there twice", provided: .string(twice))
            }
            names = body.names
        }
        notices = sent.notices
    }
}

struct TokenFacts: Described {
    static let name = "EnrolmentToken"
    let token: EnrolmentToken

    static let fields = [
        FieldOf<TokenFacts>("client_id", \.token.node, .stored), FieldOf("token", \.token.token, .generated, "shown once"),
        FieldOf("expires_at", \.token.expiresAt, .clock),
    ]
}

struct TokenList: Described {
    static let name = "EnrolmentTokens"
    let pin: String
    let tokens: [TokenFacts]

    static let fields = [
        FieldOf<TokenList>("ca_pin", \.pin, .rule("SHA-256 of the authority's key"), "what a node checks the coordinator by when it enrols"),
        FieldOf("tokens", \.tokens, .generated),
    ]
}

struct NodeFacts: Described {
    static let name = "Node"
    let node: NodeView

    static let fields = [
        FieldOf<NodeFacts>("client_id", \.node.name, .stored), FieldOf("enrolled_at", \.node.enrolledAt, .clock),
        FieldOf("certificate_expires_at", \.node.certificateExpiresAt, .stored), FieldOf("revoked_at", \.node.revokedAt, .clock, "null: it is not"),
    ]
}

struct NodeList: Described {
    static let name = "Nodes"
    let nodes: [NodeFacts]
    static let fields = [FieldOf<NodeList>("nodes", \.nodes, .stored)]
}

struct RevokedNode: Described {
    static let name = "RevokedNode"
    let client: String
    static let fields = [FieldOf<RevokedNode>("client_id", \.client, .stored)]
}
