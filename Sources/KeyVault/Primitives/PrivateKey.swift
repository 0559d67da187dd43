internal import Crypto
package import CryptoSuite
internal import Foundation

/// A private key as the seed that it is made of: 64 bytes (d ‖ z) for ML-KEM, 32 for the others.
package struct PrivateKey: Sendable {
    package let algorithm: KeyAlgorithm
    package let seed: Secret
    package let publicKey: PublicKey

    /// - Throws: `field` for another length.
    package init(_ algorithm: KeyAlgorithm, seed: Secret) throws(KeyVaultError) {
        guard seed.count == algorithm.seedBytes else {
            throw .field("seed", problem: "has \(seed.count) bytes; a seed of \(algorithm.rawValue) has \(algorithm.seedBytes)")
        }
        (self.algorithm, self.seed) = (algorithm, seed)
        do {
            let bytes = seed.bytes
            let made =
                switch algorithm {
                case .mlKEM768: try MLKEM768.PrivateKey(seedRepresentation: bytes, publicKey: nil).publicKey.rawRepresentation
                case .mlKEM1024: try MLKEM1024.PrivateKey(seedRepresentation: bytes, publicKey: nil).publicKey.rawRepresentation
                case .xWing: try XWingMLKEM768X25519.PrivateKey(seedRepresentation: bytes, publicKey: nil).publicKey.rawRepresentation
                case .mlDSA65: try MLDSA65.PrivateKey(seedRepresentation: bytes, publicKey: nil).publicKey.rawRepresentation
                case .mlDSA87: try MLDSA87.PrivateKey(seedRepresentation: bytes, publicKey: nil).publicKey.rawRepresentation
                }
            publicKey = PublicKey(trusted: algorithm, Array(made))
        } catch { throw .field("seed", problem: "gives no key of \(algorithm.rawValue)") }
    }

    /// - Throws: `unopenable` for another length. Any other bytes of that length give a secret that nobody else has (FIPS 203 §6.3).
    package func decapsulate(_ encapsulated: [UInt8]) throws(KeyVaultError) -> Secret {
        guard algorithm.encapsulatedBytes > 0, encapsulated.count == algorithm.encapsulatedBytes else { throw .unopenable }
        do {
            let bytes = seed.bytes
            let shared =
                switch algorithm {
                case .mlKEM768: try MLKEM768.PrivateKey(seedRepresentation: bytes, publicKey: nil).decapsulate(encapsulated)
                case .mlKEM1024: try MLKEM1024.PrivateKey(seedRepresentation: bytes, publicKey: nil).decapsulate(encapsulated)
                case .xWing: try XWingMLKEM768X25519.PrivateKey(seedRepresentation: bytes, publicKey: nil).decapsulate(Data(encapsulated))
                case .mlDSA65, .mlDSA87: throw KeyVaultError.unopenable
                }
            return shared.withUnsafeBytes { Secret(Array($0)) }
        } catch { throw .unopenable }
    }

    /// A hedged signature (FIPS 204 §5.2).
    /// - Parameter context: at most 255 bytes; whoever verifies names the same.
    /// - Throws: `field` for a key that does not sign.
    package func sign(_ message: [UInt8], context: [UInt8] = []) throws(KeyVaultError) -> [UInt8] {
        guard context.count <= 255 else { throw .field("context", problem: "is longer than 255 bytes") }
        do {
            let bytes = seed.bytes
            switch algorithm {
            case .mlDSA65: return Array(try MLDSA65.PrivateKey(seedRepresentation: bytes, publicKey: nil).signature(for: message, context: context))
            case .mlDSA87: return Array(try MLDSA87.PrivateKey(seedRepresentation: bytes, publicKey: nil).signature(for: message, context: context))
            case .mlKEM768, .mlKEM1024, .xWing: throw KeyVaultError.field("key_id", problem: "is a key of \(algorithm.rawValue), which signs nothing")
            }
        } catch let error as KeyVaultError { throw error } catch { throw .field("data", problem: "could not be signed") }
    }
}
