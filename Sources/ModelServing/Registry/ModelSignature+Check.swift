internal import Crypto
internal import Foundation
internal import Storage

// Who vouches for a file: Ed25519 (RFC 8032) or ML-DSA (FIPS 204) over the 32 bytes of its SHA-256.
extension ModelSignature {
    /// DER of a SubjectPublicKeyInfo up to the key's bytes (RFC 8410, RFC 9881): algorithms, lengths and all.
    private static let known: [(algorithm: String, prefix: [UInt8], bytes: Int)] = [
        ("ed25519", [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00], 32),
        ("ml_dsa_65", mlDSA(0x12, [0x07, 0xB2], [0x07, 0xA1]), 1952),
        ("ml_dsa_87", mlDSA(0x13, [0x0A, 0x32], [0x0A, 0x21]), 2592),
    ]

    private static func mlDSA(_ arc: UInt8, _ whole: [UInt8], _ key: [UInt8]) -> [UInt8] {
        [0x30, 0x82] + whole + [0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, arc, 0x03, 0x82] + key + [0x00]
    }

    /// - Parameters:
    ///   - publicKey: SPKI in PEM.
    ///   - signature: base64.
    package init(publicKey: String, signature: String) throws(RegistryFailure) {
        guard publicKey.utf8.count <= RegistryLimits.publicKeyBytes, let found = Self.key(publicKey) else {
            throw .invalid(field: "public_key", issue: "must be a public key of Ed25519, ML-DSA-65 or ML-DSA-87 as SubjectPublicKeyInfo in PEM")
        }
        guard signature.utf8.count <= RegistryLimits.signatureBytes, let bytes = Data(base64Encoded: signature), !bytes.isEmpty else {
            throw .invalid(field: "signature", issue: "must be base64")
        }
        self.init(algorithm: found.algorithm, publicKey: publicKey, signature: [UInt8](bytes))
    }

    private static func key(_ pem: String) -> (algorithm: String, bytes: [UInt8])? {
        let lines = pem.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard lines.first == "-----BEGIN PUBLIC KEY-----", lines.last == "-----END PUBLIC KEY-----",
            let der = Data(base64Encoded: lines.dropFirst().dropLast().joined()).map({ [UInt8]($0) })
        else { return nil }
        for (algorithm, prefix, bytes) in known where der.starts(with: prefix) && der.count == prefix.count + bytes {
            return (algorithm, Array(der.dropFirst(prefix.count)))
        }
        return nil
    }

    /// - Parameter digest: SHA-256 of the file.
    func isValid(of digest: [UInt8]) -> Bool {
        guard let key = Self.key(publicKey), key.algorithm == algorithm else { return false }
        do {
            switch algorithm {
            case "ed25519": return try Curve25519.Signing.PublicKey(rawRepresentation: key.bytes).isValidSignature(signature, for: digest)
            case "ml_dsa_65": return try MLDSA65.PublicKey(rawRepresentation: key.bytes).isValidSignature(signature, for: digest)
            case "ml_dsa_87": return try MLDSA87.PublicKey(rawRepresentation: key.bytes).isValidSignature(signature, for: digest)
            default: return false
            }
        } catch { return false }
    }
}
