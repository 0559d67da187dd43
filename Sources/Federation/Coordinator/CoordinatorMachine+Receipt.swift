internal import CryptoSuite
internal import SecureAggregation

extension CoordinatorMachine {
    /// The session has ended, and this (SHA-256, hex) is its receipt, which is durable. The first one stays.
    package mutating func keep(receipt digest: String) {
        guard session.status.isFinal, session.receipt == nil else { return }
        session.receipt = digest
    }
}

extension SessionRecord {
    /// The Ed25519 keys (hex) by which the members of the groups knew each other, by name; empty where nothing was signed.
    package var memberKeys: [String: String] {
        guard let text = epoch?.invitation, let encoded = bytes(hexadecimal: text), let invitation = try? EpochInvitation(encoded: encoded) else { return [:] }
        var keys: [String: String] = [:]
        for member in invitation.roster.members where !member.identity.isEmpty {
            keys[String(decoding: member.name, as: UTF8.self)] = hexadecimal(member.identity)
        }
        return keys
    }
}
