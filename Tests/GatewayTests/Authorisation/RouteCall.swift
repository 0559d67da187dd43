import NIOHTTP1
import StrictJSON

/// Sends a route's call with ids of a tenant's.
struct RouteCall {
    let live: LiveCoordinator
    let method: String
    let base: String
    let path: String
    let example: JSON?
    /// Whether the query names the tenant.
    let asks: Bool

    private var parameters: [String] { path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) } }
    /// Whether everything in the path was made.
    func isWhole(_ ids: [String: String]) -> Bool { parameters.allSatisfy { ids[$0] != nil } }

    private func target(_ ids: [String: String]) -> String {
        let parts = path.split(separator: "/").map { part -> String in
            guard part.hasPrefix("{") else { return String(part) }
            let name = String(part.dropFirst().dropLast())
            return AuthorisationRows.words[name] ?? ids[name] ?? "none"
        }
        let query = [AuthorisationRows.queries[path], asks ? "tenant_id=\(ids["tenant_id"] ?? "")" : nil].compactMap { $0 }
        return "\(base)/\(parts.joined(separator: "/"))" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    private func body(_ ids: [String: String]) -> [UInt8]? {
        guard ["POST", "PUT", "PATCH"].contains(method) else { return nil }
        let text = (example ?? .object([])).encodedText
        return Array(["your_tenant_id", "tenant_abc123"].reduce(text) { $0.replacing($1, with: ids["tenant_id"] ?? "") }.utf8)
    }

    func names(_ id: String, _ ids: [String: String]) -> Bool {
        target(ids).contains(id) || String(decoding: body(ids) ?? [], as: UTF8.self).contains(id)
    }

    func callAsFunction(_ ids: [String: String], _ token: String?, tenant: String? = nil) async throws -> LiveCoordinator.Reply {
        try await live.call(
            HTTPMethod(rawValue: method), target(ids), body(ids), bearer: token, headers: tenant.map { [("x-tenant-id", $0)] } ?? [])
    }

    /// Without what is another one in each reply.
    func plain(_ json: JSON, _ ids: [String: String]) -> JSON {
        switch json {
        case .string(let text): .string(ids.values.sorted().reduce(text) { $0.replacing($1, with: "…") })
        case .array(let elements): .array(elements.map { plain($0, ids) })
        case .object(let members):
            .object(members.filter { !["request_id", "timestamp"].contains($0.name) }.map { .init($0.name, plain($0.value, ids)) })
        default: json
        }
    }
}
