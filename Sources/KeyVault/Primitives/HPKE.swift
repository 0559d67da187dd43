internal import Crypto
package import CryptoSuite

/// HPKE in base mode (RFC 9180 §5.1.1), one message a context: a mechanism of draft-ietf-hpke-pq, HKDF-SHA384, AES-256-GCM.
///
/// Written out here because the library has no HPKE with ML-KEM alone. The shared secret of these mechanisms goes into the key schedule as it
/// is: they bind the encapsulated key themselves.
package enum HPKE {
    package struct Sealed: Sendable, Equatable {
        /// The encapsulated secret, then the cipher text and its tag.
        package var bytes: [UInt8]
        /// 12 bytes, derived.
        package var nonce: [UInt8]
    }

    /// What a context is made of.
    package struct Context: Sendable {
        /// 32 bytes.
        package let key: Secret
        /// 12 bytes: the nonce of the first and only message.
        package let nonce: [UInt8]
    }

    private static let kdf: UInt16 = 0x0002
    private static let aead: UInt16 = 0x0002
    private static let tagBytes = 16

    /// - Throws: `field` for a key that signs.
    package static func seal(_ plain: [UInt8], to key: PublicKey, info: [UInt8], additional: [UInt8]) throws(KeyVaultError) -> Sealed {
        let (shared, encapsulated) = try key.encapsulate()
        let context = try context(shared, key.algorithm, info: info)
        do {
            let box = try AES.GCM.seal(
                plain, using: SymmetricKey(data: context.key.bytes), nonce: AES.GCM.Nonce(data: context.nonce), authenticating: additional)
            return Sealed(bytes: encapsulated + Array(box.ciphertext) + Array(box.tag), nonce: context.nonce)
        } catch { throw .field("data", problem: "could not be sealed") }
    }

    /// - Throws: `unopenable`, whatever the reason is.
    package static func open(_ sealed: [UInt8], with key: PrivateKey, info: [UInt8], additional: [UInt8]) throws(KeyVaultError) -> [UInt8] {
        let first = key.algorithm.encapsulatedBytes
        guard first > 0, sealed.count >= first + tagBytes else { throw .unopenable }
        let shared = try key.decapsulate(Array(sealed[..<first]))
        guard let context = try? context(shared, key.algorithm, info: info) else { throw .unopenable }
        do {
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: context.nonce), ciphertext: sealed[first..<(sealed.count - tagBytes)], tag: sealed.suffix(tagBytes))
            return Array(try AES.GCM.open(box, using: SymmetricKey(data: context.key.bytes), authenticating: additional))
        } catch { throw .unopenable }
    }

    /// KeySchedule of RFC 9180 §5.1 with mode_base, without a pre-shared key.
    package static func context(_ shared: Secret, _ algorithm: KeyAlgorithm, info: [UInt8]) throws(KeyVaultError) -> Context {
        guard let kem = algorithm.hpkeIdentifier else { throw .field("key_id", problem: "is a key of \(algorithm.rawValue), which opens nothing") }
        let suite = Array("HPKE".utf8) + [kem, kdf, aead].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        func extract(_ salt: [UInt8], _ label: String, _ input: [UInt8]) -> [UInt8] {
            let labelled = SymmetricKey(data: Array("HPKE-v1".utf8) + suite + Array(label.utf8) + input)
            return Array(HKDF<SHA384>.extract(inputKeyMaterial: labelled, salt: salt))
        }
        let name = [0] + extract([], "psk_id_hash", []) + extract([], "info_hash", info)
        let secret = extract(shared.bytes, "secret", [])
        func expand(_ label: String, _ count: Int) -> [UInt8] {
            let labelled = [UInt8(count >> 8), UInt8(count & 255)] + Array("HPKE-v1".utf8) + suite + Array(label.utf8) + name
            return HKDF<SHA384>.expand(pseudoRandomKey: secret, info: labelled, outputByteCount: count).withUnsafeBytes { Array($0) }
        }
        return Context(key: Secret(expand("key", 32)), nonce: expand("base_nonce", 12))
    }
}
