internal import APIKit
internal import Federation
internal import FederationService
internal import Platform
internal import StrictJSON

/// A tenant's audit at one moment, signed.
struct AuditHeadFacts: Described {
    static let name = "AuditHead"
    let head: AuditHeadView

    static let fields = [
        FieldOf<AuditHeadFacts>("tenant", \.head.tenant, .stored), FieldOf("tree_size", \.head.size, .counted, unit: "entries"),
        FieldOf("root_hash", \.head.root, .rule("Merkle tree hash of RFC 6962")), FieldOf("timestamp", \.head.signedAt, .clock),
        FieldOf("ca_pin", \.head.authority, .rule("SHA-256 of the authority's key")),
        FieldOf("signed_head", \.head.signed, .generated, "a JSON Web Signature in compact form"),
    ]
}

/// An entry as its leaf is hashed.
struct AuditEntryForm: ForeignObject {
    let json: JSON
    init(_ json: JSON) { self.json = json }

    static let shape = Shape(
        "AuditEntry",
        [
            .foreign("action", text, .stored), .foreign("actor", text, .stored), .foreign("at", text, .clock, "RFC 3339"),
            .foreign("details", .map(text), .stored), .foreign("format", text, .fixed), .foreign("index", .integer(nil), .counted, "from 0"),
            .foreign("ip_address", text, .stored), .foreign("resource_id", text, .stored), .foreign("resource_type", text, .stored),
            .foreign("security_level", text, .rule("security_level")), .foreign("status", text, .stored), .foreign("subject", text, .stored),
            .foreign("tenant", text, .stored),
        ])
    private static let text = Schema.string(bytes: nil)
}

struct AuditLeafFacts: Described {
    static let name = "AuditLeaf"
    let entry: AuditEntryForm
    let hash: String
    static let fields = [
        FieldOf<AuditLeafFacts>("entry", \.entry, .stored), FieldOf("leaf_hash", \.hash, .rule("SHA-256 of the entry's canonical form, RFC 6962")),
    ]
}

struct AuditPageFacts: Described {
    static let name = "AuditEntries"
    let page: AuditPage
    let next: Int64?
    private var entries: [AuditLeafFacts] { page.entries.map { AuditLeafFacts(entry: AuditEntryForm($0.entry), hash: $0.hash) } }

    static let fields = [
        FieldOf<AuditPageFacts>("tenant", \.page.tenant, .stored), FieldOf("tree_size", \.page.size, .counted, unit: "entries"),
        FieldOf("entries", \.entries, .stored), FieldOf("next", \.next, .counted, "what to send as after for the next page; null: there is none"),
    ]
}

struct ConsistencyFacts: Described {
    static let name = "AuditConsistency"
    let proof: AuditConsistency

    static let fields = [
        FieldOf<ConsistencyFacts>("tenant", \.proof.tenant, .stored), FieldOf("from", \.proof.from, .request, unit: "entries"),
        FieldOf("to", \.proof.to, .request, unit: "entries"), FieldOf("hashes", \.proof.hashes, .rule("consistency proof of RFC 6962 §2.1.2")),
    ]
}

extension TrustStream {
    /// Of a log: what a Double holds exactly.
    private static let sizes = Bounds.whole(0...(1 << 53) - 1)
    private static let after = Query<Int64>("after", sizes, usual: 0, note: "entries that are passed over")
    private static let limit = Query<Int>("limit", .whole(1...Limits.auditEntries), usual: 100, note: "entries in one reply")
    private static let from = Query<Int64>("from", sizes, isRequired: true, note: "entries of the older head")
    private static let to = Query<Int64>("to", sizes, note: "entries of the newer head; usually all there are")

    /// The tenant's audit: what was done, as the leaves of a Merkle tree whose head is signed.
    static func audit(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint("GET", "/audit/head", "audit.head", .tenant(.securityAudit), "The audit's head, signed now.", tells: AuditHeadFacts.self) {
                request throws(ServiceError) in
                let tenant = try tenant(request)
                return AuditHeadFacts(head: try await calling { () async throws(FederationFailure) in try await service.auditHead(tenant: tenant) })
            },
            Endpoint(
                "GET", "/audit/entries", "audit.entries", .tenant(.securityAudit), "The audit's entries, in pages.", query: [after.field, limit.field],
                tells: AuditPageFacts.self
            ) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let (after, limit) = (try after(request) ?? 0, try limit(request) ?? 100)
                let page = try await calling { () async throws(FederationFailure) in
                    try await service.auditEntries(tenant: tenant, after: after, limit: limit)
                }
                let next = after + Int64(page.entries.count)
                return AuditPageFacts(page: page, next: next < page.size && !page.entries.isEmpty ? next : nil)
            },
            Endpoint(
                "GET", "/audit/consistency", "audit.consistency", .tenant(.securityAudit), "The proof that one head is what another began with.",
                query: [from.field, to.field], tells: ConsistencyFacts.self, refuses: [422]
            ) { request throws(ServiceError) in
                let tenant = try tenant(request)
                guard let from = try from(request) else {
                    throw .invalid(field: "from", issue: "is missing; give the number of entries of the older head", provided: nil)
                }
                let to = try to(request)
                return ConsistencyFacts(
                    proof: try await calling { () async throws(FederationFailure) in
                        try await service.auditConsistency(tenant: tenant, from: from, to: to)
                    })
            },
        ]
    }
}
