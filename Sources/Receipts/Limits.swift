/// Every bound of the room.
package enum Limits {
    /// A receipt as text. A hundred thousand rounds, the most a session has, make about 60 MB.
    package static let receiptBytes = 96 << 20
    /// A roster as text. A hundred thousand members, the most a session has, make about 30 MB.
    package static let rosterBytes = 64 << 20
    /// The protected header: two certificates in Base64.
    static let headerBytes = 16 << 10
    static let rounds = 100_000
    static let members = 100_000
    /// Levels of nesting in what is read.
    static let depth = 16
    static let saltBytes = 32
    /// A signed head of an audit as text: two certificates and five members.
    package static let headBytes = 32 << 10
    /// One line of an exported audit.
    package static let auditLineBytes = 256 << 10
    /// Entries of an exported audit; 64 bytes of memory each.
    package static let auditEntries = 10_000_000
    /// Findings that are kept of one audit.
    package static let findings = 100
}
