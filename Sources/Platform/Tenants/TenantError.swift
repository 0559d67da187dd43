package import Storage

/// Why a tenant was not made, changed or found.
package enum TenantError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `name` is the request's, with dots for what lies deeper.
    case field(name: String, problem: String)
    /// No tenant of this id, or one that was erased.
    case notFound(id: String)
    /// Another tenant has it.
    case domainTaken(String)
    /// More qubits than the plan has, or than there are.
    case allocationTooLarge(asked: Int, limit: Int)
    case defaultCannotBeErased
    case sessionsRunning(count: Int)
    case tooMany(limit: Int)
    case storage(StorageError)

    package var description: String {
        switch self {
        case .field(let name, let problem): "\(name) \(problem)."
        case .notFound(let id): "There is no tenant \(id.prefix(TenantLimits.echoed))."
        case .domainTaken(let domain): "domain '\(domain)' belongs to another tenant; give another one or none."
        case .allocationTooLarge(let asked, let limit): "quantum_allocation is \(asked); at most \(limit) can be given."
        case .defaultCannotBeErased: "The default tenant is the coordinator's own and cannot be erased."
        case .sessionsRunning(let count):
            "The tenant has \(count == 1 ? "a session that is" : "\(count) sessions that are") not over; stop \(count == 1 ? "it" : "them") first."
        case .tooMany(let limit): "There are \(limit) tenants, the most there may be; erase one first."
        case .storage(let error): error.description
        }
    }

    /// The request's field that is at fault; nil: none.
    package var fieldName: String? {
        switch self {
        case .field(let name, _): name
        case .notFound, .defaultCannotBeErased, .sessionsRunning: "tenant_id"
        case .domainTaken: "domain"
        case .allocationTooLarge: "quantum_allocation"
        case .tooMany, .storage: nil
        }
    }
}
