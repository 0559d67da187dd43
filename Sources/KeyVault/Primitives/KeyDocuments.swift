package import CryptoSuite
internal import SwiftASN1

/// Keys as others read them: SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) and PKCS #8 (RFC 5958), in DER and PEM. What is read must be the one
/// encoding that is written, byte by byte.
package enum KeyDocuments {
    private static let publicLabel = "PUBLIC KEY"
    private static let privateLabel = "PRIVATE KEY"

    // MARK: Public keys

    /// DER. The parameters of the algorithm are absent (RFC 9935 §4, RFC 9881 §4).
    package static func subjectPublicKeyInfo(_ key: PublicKey) -> [UInt8] {
        encoded { root in
            try root.appendConstructedNode(identifier: .sequence) { info in
                try info.algorithm(key.algorithm)
                try info.serialize(ASN1BitString(bytes: key.bytes[...]))
            }
        }
    }

    package static func publicPEM(_ key: PublicKey) -> String {
        PEMDocument(type: publicLabel, derBytes: subjectPublicKeyInfo(key)).pemString + "\n"
    }

    /// - Parameter field: what errors name.
    package static func publicKey(pem: String, field: String = "public_key") throws(KeyVaultError) -> PublicKey {
        let der = try document(pem, publicLabel, field)
        guard
            let found = algorithm(
                der,
                { node in
                    guard let info = try? ASN1BitString(derEncoded: node), info.paddingBits == 0 else { return nil }
                    return Array(info.bytes)
                }, leading: 0)
        else {
            throw .field(field, problem: "is no SubjectPublicKeyInfo of \(names { _ in true })")
        }
        let key = try PublicKey(found.algorithm, found.bytes, field: field)
        guard subjectPublicKeyInfo(key) == der else { throw .field(field, problem: "is not encoded in DER") }
        return key
    }

    // MARK: Private keys

    /// DER of the seed alone: `[0] OCTET STRING` in the private key for ML-KEM and ML-DSA, the bytes themselves for X-Wing.
    package static func privateKeyInfo(_ key: PrivateKey) -> Secret {
        let seed = key.seed.bytes
        let inner = key.algorithm == .xWing ? seed : [0x80, UInt8(seed.count)] + seed
        return Secret(
            encoded { root in
                try root.appendConstructedNode(identifier: .sequence) { info in
                    try info.serialize(0)
                    try info.algorithm(key.algorithm)
                    try info.serialize(ASN1OctetString(contentBytes: inner[...]))
                }
            })
    }

    package static func privatePEM(_ key: PrivateKey) -> Secret {
        Secret(Array((PEMDocument(type: privateLabel, derBytes: privateKeyInfo(key).bytes).pemString + "\n").utf8))
    }

    package static func privateKey(pem: String, field: String = "private_key") throws(KeyVaultError) -> PrivateKey {
        let der = try document(pem, privateLabel, field)
        guard let found = algorithm(der, { node in (try? ASN1OctetString(derEncoded: node)).map { Array($0.bytes) } }, leading: 1) else {
            throw .field(field, problem: "is no PKCS #8 key of \(names { _ in true })")
        }
        let count = found.algorithm.seedBytes
        let seed = found.algorithm == .xWing ? found.bytes[...] : found.bytes.dropFirst(2)
        guard seed.count == count, found.algorithm == .xWing || Array(found.bytes.prefix(2)) == [0x80, UInt8(count)] else {
            throw .field(field, problem: "does not hold the seed of its key alone, which is the form that is read here")
        }
        let key = try PrivateKey(found.algorithm, seed: Secret(Array(seed)))
        guard privateKeyInfo(key) == Secret(der) else { throw .field(field, problem: "is not encoded in DER") }
        return key
    }

    // MARK: Parts

    /// - Returns: the DER of the one document in `pem`.
    private static func document(_ pem: String, _ label: String, _ field: String) throws(KeyVaultError) -> [UInt8] {
        guard pem.utf8.count <= VaultLimits.pemBytesMax else { throw .field(field, problem: "is longer than \(VaultLimits.pemBytesMax) bytes") }
        let problem = "is not one PEM document from -----BEGIN \(label)----- to -----END \(label)----- and nothing else"
        guard let documents = try? PEMDocument.parseMultiple(pemString: pem), documents.count == 1 else { throw .field(field, problem: problem) }
        guard documents[0].discriminator == label else {
            throw .field(field, problem: "is a \(String(documents[0].discriminator.prefix(40))); a \(label) is needed")
        }
        // The parser passes over what stands before and behind.
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        let text = pem.utf8.drop(while: isBlank).reversed().drop(while: isBlank)
        guard text.starts(with: "-----END \(label)-----".utf8.reversed()), text.reversed().starts(with: "-----BEGIN \(label)-----".utf8) else {
            throw .field(field, problem: problem)
        }
        return documents[0].derBytes
    }

    /// The algorithm and the key's bytes of `SEQUENCE { [version], SEQUENCE { OID }, key }`.
    /// - Parameter leading: nodes before the algorithm.
    private static func algorithm(
        _ der: [UInt8], _ key: (ASN1Node) -> [UInt8]?, leading: Int
    ) -> (algorithm: KeyAlgorithm, bytes: [UInt8])? {
        guard let root = try? DER.parse(der), let parts = children(root), parts.count == leading + 2 else { return nil }
        guard let inner = children(parts[leading]), inner.count == 1, let found = try? ASN1ObjectIdentifier(derEncoded: inner[0]) else { return nil }
        guard let algorithm = KeyAlgorithm.allCases.first(where: { $0.identifier == found }), let bytes = key(parts[leading + 1]) else { return nil }
        return (algorithm, bytes)
    }

    private static func children(_ node: ASN1Node) -> [ASN1Node]? {
        guard node.identifier == .sequence, case .constructed(let nodes) = node.content else { return nil }
        return Array(nodes)
    }

    private static func encoded(_ write: (inout DER.Serializer) throws -> Void) -> [UInt8] {
        var serializer = DER.Serializer()
        do { try write(&serializer) } catch { preconditionFailure("a key of a known length has an encoding") }
        return serializer.serializedBytes
    }

    private static func names(_ which: (KeyAlgorithm) -> Bool) -> String { KeyAlgorithm.allCases.filter(which).map(\.rawValue).joined(separator: ", ") }
}

extension KeyAlgorithm {
    fileprivate var identifier: ASN1ObjectIdentifier? { try? ASN1ObjectIdentifier(elements: objectIdentifier) }
}

extension DER.Serializer {
    fileprivate mutating func algorithm(_ algorithm: KeyAlgorithm) throws {
        try appendConstructedNode(identifier: .sequence) { try $0.serialize(ASN1ObjectIdentifier(elements: algorithm.objectIdentifier)) }
    }
}
