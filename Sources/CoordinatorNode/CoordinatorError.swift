import Storage
import Trust

/// Why a coordinator could not be made or run, and what to do about it.
package struct CoordinatorError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable { case configuration, connection, authentication, failed, integrity }
    package var kind: Kind
    package var message: String
    package var remedy: String

    package init(_ kind: Kind, _ message: String, remedy: String) {
        self.kind = kind
        self.message = message
        self.remedy = remedy
    }

    package var description: String { "\(message) \(remedy)" }

    /// What keeps a data folder from being opened.
    init(opening path: String, _ error: any Error) {
        switch error {
        case let error as CoordinatorError: self = error
        case StorageError.inUse: self.init(.failed, "\(path) is in use by another coordinator.", remedy: "Stop it first, or serve another folder.")
        case StorageError.full, StorageError.io, StorageError.newer: self.init(.failed, "\(error)", remedy: "Mend that and start again; nothing was changed.")
        case let error as StorageError: self.init(.integrity, "\(error)", remedy: "The coordinator does not start on data it cannot trust.")
        case let error as TrustError: self.init(.configuration, error.message, remedy: error.remedy)
        default: self.init(.failed, "\(path) cannot be opened: \(error).", remedy: "Mend that and start again.")
        }
    }
}
