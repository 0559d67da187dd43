internal import CryptoSuite
internal import Trust
package import StrictJSON

/// The members of a session, as a receipt vouches for them. A receipt holds only the digest; who is given the list can show that it is
/// the one. The salt keeps everybody else from trying names until the digest fits.
package struct ReceiptRoster: Sendable, Equatable {
    package static let format = "tutti.roster/1"

    package struct Member: Sendable, Equatable {
        package var client: String
        /// Rows of local data, by the client's own word; 0: it evaluates only.
        package var rows: Int64
        package var joinedAt: Int64
        /// SHA-256 (hex) of the client's certificate when the receipt was made; nil: it has none.
        package var certificate: String?
        /// The member's own Ed25519 key (hex), where members were known by it; nil: they were not.
        package var memberKey: String?

        package init(client: String, rows: Int64, joinedAt: Int64, certificate: String?, memberKey: String?) {
            (self.client, self.rows, self.joinedAt, self.certificate, self.memberKey) = (client, rows, joinedAt, certificate, memberKey)
        }
    }

    package let session: String
    /// By name.
    package let members: [Member]
    private let salt: [UInt8]

    /// - Parameter salt: 32 random bytes.
    package init(session: String, members: [Member], salt: [UInt8]) {
        precondition(salt.count == Limits.saltBytes, "a roster's salt has 32 bytes")
        self.session = session
        self.members = members.sorted { $0.client < $1.client }
        self.salt = salt
    }

    /// Members in the order of the canonical form, so that it is the same value before it is stored and after.
    package var json: JSON {
        [
            "format": .string(Self.format),
            "members": .array(
                members.map {
                    [
                        "certificate_sha256": JSON($0.certificate), "client_id": .string($0.client), "data_size": .integer($0.rows),
                        "joined_at": .string(ReceiptTime.text($0.joinedAt)), "member_key": JSON($0.memberKey.map { "ed25519:" + $0 }),
                    ]
                }), "salt": .string(hexadecimal(salt)), "session": .string(session),
        ]
    }

    package func digest() throws(NoCanonicalForm) -> ReceiptRosterDigest {
        // What a Double holds exactly is what the canonical form has.
        let rows = members.reduce(Int64(0)) { min($0 + min(max($1.rows, 0), 1 << 52), 1 << 52) }
        return ReceiptRosterDigest(members: members.count, rows: rows, sha256: try ReceiptContent.digest(json))
    }
}

/// What a receipt says of the members.
package struct ReceiptRosterDigest: Sendable, Equatable {
    package var members: Int
    /// Of all of them.
    package var rows: Int64
    /// Hex, of the roster's canonical form.
    package var sha256: String

    var json: JSON { ["format": .string(ReceiptRoster.format), "members": JSON(members), "rows": .integer(rows), "sha256": .string(sha256)] }
}
