package import CryptoSuite

/// A key that never leaves the place that it was made in: whoever wants something sealed or opened hands it in.
package protocol SealingToken: Sendable {
    /// - Throws: where it is not there.
    func facts() async throws(TokenError) -> TokenFacts
    /// AES-256-GCM.
    /// - Parameter nonce: 12 bytes, never used before with this key.
    /// - Returns: the cipher text and its tag of 16 bytes.
    func seal(_ plain: Secret, nonce: [UInt8], associated: [UInt8]) async throws(TokenError) -> [UInt8]
    /// - Throws: `unopenable`, whatever was changed.
    func open(_ sealed: [UInt8], nonce: [UInt8], associated: [UInt8]) async throws(TokenError) -> Secret
}

/// What a token says of itself, and of the key in it.
package struct TokenFacts: Sendable, Equatable {
    package var label: String
    package var manufacturer: String
    package var model: String
    package var serial: String
    /// Whether its slot says that it is a device (CKF_HW_SLOT). Tokens of software, SoftHSM's for one, do not.
    package var isHardware: Bool
    /// CKA_ID of the key.
    package var keyID: [UInt8]
    package init(label: String, manufacturer: String, model: String, serial: String, isHardware: Bool, keyID: [UInt8]) {
        (self.label, self.manufacturer, self.model, self.serial) = (label, manufacturer, model, serial)
        (self.isHardware, self.keyID) = (isHardware, keyID)
    }

    /// The key by a URI of RFC 7512.
    package var uri: String {
        let id = keyID.map { "%" + hexadecimal([$0]) }.joined()
        return "pkcs11:token=\(Self.escaped(label));serial=\(Self.escaped(serial));id=\(id);type=secret-key"
    }

    private static func escaped(_ text: String) -> String {
        let plain = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return text.utf8.map { plain.contains($0) ? String(UnicodeScalar($0)) : "%" + hexadecimal([$0]) }.joined()
    }
}

/// Where a key lies.
package struct TokenPlace: Sendable, Equatable {
    /// Of the library, absolute.
    package var module: String
    package var token: String
    package var key: String
    package init(module: String, token: String, key: String) { (self.module, self.token, self.key) = (module, token, key) }
}
