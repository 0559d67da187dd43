internal import Crypto
package import CryptoSuite
internal import Foundation

/// A public key that was checked when it was read.
package struct PublicKey: Sendable, Equatable {
    package let algorithm: KeyAlgorithm
    /// As the standard writes them.
    package let bytes: [UInt8]

    /// - Throws: `field` for another length, and for numbers that are not reduced (the check of FIPS 203 §7.2).
    package init(_ algorithm: KeyAlgorithm, _ bytes: [UInt8], field: String = "public_key") throws(KeyVaultError) {
        guard bytes.count == algorithm.publicKeyBytes else {
            throw .field(field, problem: "has \(bytes.count) bytes; a key of \(algorithm.rawValue) has \(algorithm.publicKeyBytes)")
        }
        do {
            switch algorithm {
            case .mlKEM768: _ = try MLKEM768.PublicKey(rawRepresentation: bytes)
            case .mlKEM1024: _ = try MLKEM1024.PublicKey(rawRepresentation: bytes)
            case .xWing: _ = try XWingMLKEM768X25519.PublicKey(rawRepresentation: bytes)
            case .mlDSA65: _ = try MLDSA65.PublicKey(rawRepresentation: bytes)
            case .mlDSA87: _ = try MLDSA87.PublicKey(rawRepresentation: bytes)
            }
        } catch { throw .field(field, problem: "is no key of \(algorithm.rawValue): its numbers are out of their range") }
        (self.algorithm, self.bytes) = (algorithm, bytes)
    }

    /// Its bytes are its owner's, who has just computed them.
    init(trusted algorithm: KeyAlgorithm, _ bytes: [UInt8]) { (self.algorithm, self.bytes) = (algorithm, bytes) }

    /// A fresh secret of 32 bytes, and what tells it to the key's owner.
    /// - Throws: `field` for a key that signs.
    package func encapsulate() throws(KeyVaultError) -> (secret: Secret, encapsulated: [UInt8]) {
        do {
            let made: KEM.EncapsulationResult
            switch algorithm {
            case .mlKEM768: made = try MLKEM768.PublicKey(rawRepresentation: bytes).encapsulate()
            case .mlKEM1024: made = try MLKEM1024.PublicKey(rawRepresentation: bytes).encapsulate()
            case .xWing: made = try XWingMLKEM768X25519.PublicKey(rawRepresentation: bytes).encapsulate()
            case .mlDSA65, .mlDSA87: throw KeyVaultError.field("public_key", problem: "signs; nothing is encapsulated to it")
            }
            return (made.sharedSecret.withUnsafeBytes { Secret(Array($0)) }, Array(made.encapsulated))
        } catch let error as KeyVaultError { throw error } catch { throw .field("public_key", problem: "takes no secret") }
    }

    /// FIPS 204 §5.3, with the context that the signer named.
    package func isValid(_ signature: [UInt8], of message: [UInt8], context: [UInt8] = []) -> Bool {
        switch algorithm {
        case .mlDSA65: (try? MLDSA65.PublicKey(rawRepresentation: bytes).isValidSignature(signature, for: message, context: context)) ?? false
        case .mlDSA87: (try? MLDSA87.PublicKey(rawRepresentation: bytes).isValidSignature(signature, for: message, context: context)) ?? false
        case .mlKEM768, .mlKEM1024, .xWing: false
        }
    }

    /// SHA-256 of its SubjectPublicKeyInfo.
    package var digest: [UInt8] { Array(SHA256.hash(data: KeyDocuments.subjectPublicKeyInfo(self))) }
    /// `SHA256:` and its digest in base64.
    package var fingerprint: String { "SHA256:" + Data(digest).base64EncodedString() }
}
