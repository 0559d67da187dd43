internal import CryptoSuite

/// A secret that is shown once and kept as a hash: 256 random bits, base64url, behind a prefix that says what it is.
package struct Token: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Enrols one node once.
        case enrolment = "te_"
        /// Joins clients to one session, many times.
        case registration = "reg-"
        /// Stands for one client that has no certificate, in one session.
        case update = "tu_"
        /// An OAuth client's secret.
        case client = "tcs_"
        /// Goes on with a login, once.
        case refresh = "trf_"
    }

    /// To be shown once and never stored or logged.
    package let text: String

    package init(_ kind: Kind, _ random: RandomSource) { text = kind.rawValue + base64URL(random.bytes(32)) }

    /// What may be stored.
    package var hash: [UInt8] { Token.hash(text) }

    /// SHA-256. A plain hash is enough: nobody can search 256 bits.
    package static func hash(_ text: String) -> [UInt8] { CryptoSuite.system.sha256(Array(text.utf8)) }

    /// Whether `text` is the token whose hash was kept. The time depends on neither.
    package static func matches(_ text: String, hash: [UInt8]) -> Bool {
        text.utf8.count <= Limits.tokenBytesMax && constantTimeEqual(Token.hash(text), hash)
    }

    package var description: String { "<token>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A prefix and 43 base64url characters (256 bits). The first twelve are the key's public id, by which its record is
/// found; the rest are 184 bits that nobody can search.
package struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What a key says of itself before anybody has looked it up. What it may do is in its record alone.
    package enum Prefix: String, Sendable, CaseIterable {
        /// The coordinator's own administration.
        case platform = "tk_live_"
        /// Services of a tenant.
        case tenant = "mk_live_"
        /// Partners of a tenant.
        case partner = "pk_live_partner_"
    }
    private static let idCount = 12
    private static let bodyCount = 43

    /// May be stored, listed and logged.
    package let id: String
    /// To be shown once and never stored or logged.
    package let text: String

    package init(_ random: RandomSource, _ prefix: Prefix = .platform) {
        let body = base64URL(random.bytes(32))
        id = String(body.prefix(Self.idCount))
        text = prefix.rawValue + body
    }

    /// What may be stored; compare with `Token.matches`.
    package var hash: [UInt8] { Token.hash(text) }

    /// nil for a text that is no key of ours.
    package static func id(of text: String) -> String? {
        guard let prefix = Prefix.allCases.first(where: { text.hasPrefix($0.rawValue) })?.rawValue, text.utf8.count == prefix.utf8.count + bodyCount
        else { return nil }
        let body = text.dropFirst(prefix.count)
        guard
            body.utf8.allSatisfy({ c in
                (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5A) || (c >= 0x61 && c <= 0x7A) || c == 0x2D || c == 0x5F
            })
        else { return nil }
        return String(body.prefix(idCount))
    }

    package var description: String { "<API key \(id)>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
