package import StrictJSON
internal import Storage

/// Why the queue did not do what it was asked.
package enum JobFailure: Error, Sendable, Equatable {
    /// `provided`: what was sent, with its JSON type; nil when nothing was.
    case invalid(field: String, issue: String, provided: JSON?)
    /// There is none, or it is another tenant's.
    case notFound(String)
    case conflict(String)
    /// The tenant, or all of them, have as many open jobs as they may.
    case tooMany(limit: Int)
    case insufficientStorage
    /// For the log; never told.
    case internalError(String)

    init(_ error: StorageError) {
        if case .full = error { self = .insufficientStorage } else { self = .internalError("\(error)") }
    }
}
