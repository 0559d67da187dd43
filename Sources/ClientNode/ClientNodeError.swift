/// Why a client command could not do its work, and what to do about it.
package struct ClientNodeError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        case usage, configuration, connection, authentication, version, integrity, failed
    }
    package var kind: Kind
    package var message: String
    package var remedy: String

    package init(_ kind: Kind, _ message: String, remedy: String) {
        self.kind = kind
        self.message = message
        self.remedy = remedy
    }

    package var description: String { "\(message) \(remedy)" }
}
