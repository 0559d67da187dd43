package import CryptoSuite
internal import Foundation
package import Trust

/// What a webhook's messages are signed with (Standard Webhooks 1.0.0): `whsec_` and Base64, or any other text, whose bytes are
/// then the key.
package struct WebhookSecret: Sendable, Equatable {
    private static let prefix = "whsec_"
    /// As it is shown once and sealed.
    package let text: Secret
    package let key: Secret

    /// - Throws: `invalid` for `secret`. No part of it is repeated.
    package init(_ text: String) throws(WebhookError) {
        let bytes = Array(text.utf8)
        guard WebhookLimits.webhookSecretTextBytes.contains(bytes.count) else {
            throw .invalid(
                field: "secret", problem: "it has \(bytes.count) bytes",
                remedy: "Give 16 to 256, or leave it out and take the one that is made.")
        }
        if text.hasPrefix(Self.prefix) {
            let encoded = String(text.dropFirst(Self.prefix.count))
            // One value, one text: other decoders differ in what they make of the rest.
            guard let key = Data(base64Encoded: encoded), key.base64EncodedString() == encoded, key.count >= WebhookLimits.webhookKeyBytesMin else {
                throw .invalid(
                    field: "secret", problem: "what follows whsec_ is not the Base64 of at least \(WebhookLimits.webhookKeyBytesMin) bytes",
                    remedy: "Give standard Base64 with its padding, or leave the secret out and take the one that is made.")
            }
            self.key = Secret([UInt8](key))
        } else {
            key = Secret(bytes)
        }
        self.text = Secret(bytes)
    }

    package init(random: RandomSource) {
        let bytes = random.bytes(32)
        key = Secret(bytes)
        text = Secret(Array((Self.prefix + Data(bytes).base64EncodedString()).utf8))
    }

    /// To be shown once.
    package var revealed: String { String(decoding: text.bytes, as: UTF8.self) }
}
