/// What a caller may do: the union of what the documented families know. Scopes are given, never taken: nobody gives more than it has.
package enum Scope: String, Sendable, CaseIterable {
    case aiOperations = "ai_operations"
    case quantumResources = "quantum_resources"
    case analytics
    case tenantManagement = "tenant_management"
    case securityAudit = "security_audit"
    case webhooks
    case models
    case jobs
    case ops
    case federatedLearning = "fl"
    case multiCloud = "multi_cloud"
    case explain
    case crypto
    case workflows
    case monitoring
    case whiteLabel = "whitelabel"
    /// Keys, users and OAuth clients of the own tenant.
    case admin

    /// What a user gets when nobody says.
    package static let usualOfUsers: Set<Scope> = [.aiOperations, .models, .jobs, .webhooks, .monitoring]
    /// What an OAuth client gets when nobody says.
    package static let usualOfClients: Set<Scope> = [.aiOperations, .models, .jobs, .monitoring]

    /// In the order of this list, so that the same set has one text.
    package static func names(_ scopes: Set<Scope>) -> [String] { allCases.filter(scopes.contains).map(\.rawValue) }

    /// What is known of stored names: a name of another version is a right that nobody has here.
    static func known(_ names: [String]) -> Set<Scope> { Set(names.compactMap(Scope.init(rawValue:))) }

    /// A list from outside.
    /// - Throws: `invalid` for a name that is none, for none at all and for more names than there are scopes.
    package static func parse(_ names: [String], field: String) throws(IdentityError) -> Set<Scope> {
        guard !names.isEmpty, names.count <= allCases.count else {
            throw .invalid(field: field, issue: "must be a list of 1 to \(allCases.count) scopes")
        }
        var scopes: Set<Scope> = []
        for name in names {
            guard let scope = Scope(rawValue: name) else {
                throw .invalid(field: field, issue: "must be scopes among \(allCases.map(\.rawValue).joined(separator: ", "))")
            }
            scopes.insert(scope)
        }
        return scopes
    }
}
