package import Storage
package import Trust

/// Why a webhook was not made, changed or found.
package enum WebhookError: Error, Sendable, CustomStringConvertible {
    /// A field as the documents name it.
    case invalid(field: String, problem: String, remedy: String)
    /// Also when it is another tenant's.
    case missing(String)
    /// It cannot be done as things are.
    case conflict(problem: String, remedy: String)
    case storage(StorageError)
    case secrets(SecretError)

    package var message: String {
        switch self {
        case .invalid(let field, let problem, _): "\(field) cannot be used: \(problem)."
        case .missing(let what): "There is no \(what)."
        case .conflict(let problem, _): "\(problem)."
        case .storage(let error): error.description
        case .secrets(let error): error.description
        }
    }

    package var remedy: String? {
        switch self {
        case .invalid(_, _, let remedy), .conflict(_, let remedy): remedy
        case .missing, .storage, .secrets: nil
        }
    }

    package var description: String { remedy.map { message + " " + $0 } ?? message }
}
