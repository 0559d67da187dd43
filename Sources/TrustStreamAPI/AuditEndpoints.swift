internal import APIKit
internal import Federation
internal import FederationService
internal import StrictJSON

extension TrustStream {
    /// The tenant's audit: what was done, as the leaves of a Merkle tree whose head is signed.
    static func audit(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint("GET", "/audit/head", "audit.head", .administrator) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let head = try await calling { () async throws(FederationFailure) in try await service.auditHead(tenant: tenant) }
                return .json([
                    "success": true, "tenant": .string(head.tenant), "tree_size": .integer(head.size), "root_hash": .string(head.root),
                    "timestamp": .string(timestamp(head.signedAt.milliseconds)), "ca_pin": .string(head.authority), "signed_head": .string(head.signed),
                    "notices": .array(request.notices(query: [])),
                ])
            },
            Endpoint("GET", "/audit/entries", "audit.entries", .administrator) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let after = Int64(try request.wholeQuery("after", sizes) ?? 0)
                let limit = try request.wholeQuery("limit", 1...Limits.auditEntries) ?? 100
                let page = try await calling { () async throws(FederationFailure) in
                    try await service.auditEntries(tenant: tenant, after: after, limit: limit)
                }
                let next = after + Int64(page.entries.count)
                return .json([
                    "success": true, "tenant": .string(page.tenant), "tree_size": .integer(page.size),
                    "entries": .array(page.entries.map { ["entry": $0.entry, "leaf_hash": .string($0.hash)] }),
                    "next": next < page.size && !page.entries.isEmpty ? .integer(next) : .null, "notices": .array(request.notices(query: ["after", "limit"])),
                ])
            },
            Endpoint("GET", "/audit/consistency", "audit.consistency", .administrator) { request throws(ServiceError) in
                let tenant = try tenant(request)
                guard let from = try request.wholeQuery("from", sizes) else {
                    throw .invalid(field: "from", issue: "is missing; give the number of entries of the older head", provided: nil)
                }
                let to = try request.wholeQuery("to", sizes)
                let proof = try await calling { () async throws(FederationFailure) in
                    try await service.auditConsistency(tenant: tenant, from: Int64(from), to: to.map(Int64.init))
                }
                return .json([
                    "success": true, "tenant": .string(proof.tenant), "from": .integer(proof.from), "to": .integer(proof.to),
                    "hashes": .array(proof.hashes.map(JSON.string)), "notices": .array(request.notices(query: ["from", "to"])),
                ])
            },
        ]
    }

    /// Of a log: what a Double holds exactly.
    private static let sizes = 0...(1 << 53) - 1
}
