internal import Crypto
internal import SwiftASN1
internal import X509

/// A node's or a server's own P-256 key. It is made where it is used and never leaves that machine.
package struct NodeKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let key: P256.Signing.PrivateKey

    /// A new key from the operating system's generator.
    package init() { key = P256.Signing.PrivateKey() }

    /// - Parameter pem: PKCS #8 or SEC 1.
    package init(pem: String) throws(TrustError) {
        guard pem.utf8.count <= Limits.pemBytesMax else { throw .key(problem: "it is longer than \(Limits.pemBytesMax) bytes") }
        do { key = try P256.Signing.PrivateKey(pemRepresentation: pem) } catch {
            // The cause is left out: an error text must not carry parts of a key.
            throw .key(problem: "it is no P-256 key in PEM")
        }
    }

    /// The key in the file at `path`, which only its owner may read.
    package static func load(from path: String) throws(TrustError) -> NodeKey {
        try NodeKey(pem: String(decoding: try SecretFile.read(path), as: UTF8.self))
    }

    package func save(to path: String) throws(TrustError) { try SecretFile.write(Array(pem.utf8), to: path) }

    /// PKCS #8.
    package var pem: String { key.pemRepresentation + "\n" }

    /// PKCS #10 in PEM, signed with this key. The name in it is a courtesy: the authority decides the real one.
    package func certificateRequestPEM(commonName: String) throws(TrustError) -> String {
        do {
            let request = try CertificateSigningRequest(
                version: .v1, subject: try DistinguishedName { CommonName(commonName) }, privateKey: .init(key),
                attributes: .init(), signatureAlgorithm: .ecdsaWithSHA256)
            return try request.serializeAsPEM().pemString + "\n"
        } catch { throw .certificateRequest(problem: "it cannot be made (\(error))") }
    }

    package var description: String { "<P-256 private key>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
