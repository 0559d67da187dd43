internal import Crypto
internal import Foundation
internal import X509

/// Whether what lies in a node's folder belongs together: what a handshake would find out, without one.
package enum NodeFiles {
    private static let end = "-----END CERTIFICATE-----"

    /// - Parameter authorityPEM: one certificate of an authority or several.
    /// - Throws: what does not fit.
    package static func verify(
        certificatePEM: String, keyPEM: String, authorityPEM: String, tenant: String, client: String
    ) throws(TrustError) {
        let leaf = try certificate(pem: certificatePEM)
        let identity = try PeerIdentity(verifying: try der(leaf))
        guard identity.tenant == tenant, identity.client == client else {
            throw .identity(problem: "it is \(identity.client)'s of tenant \(identity.tenant), and the card is \(client)'s of tenant \(tenant)")
        }
        guard leaf.publicKey == .init(try NodeKey(pem: keyPEM).key.publicKey) else { throw .key(problem: "it does not belong to the node's certificate") }
        let roots = try authorityPEM.components(separatedBy: end).filter { !$0.allSatisfy(\.isWhitespace) }
            .map { (text) throws(TrustError) in try certificate(pem: text + end) }
        guard !roots.isEmpty else { throw .authority(problem: "there is no certificate in it") }
        for root in roots {
            guard root.isAuthority, root.publicKey.isValidSignature(root.signature, for: root) else {
                throw .authority(problem: "a certificate does not carry its own signature")
            }
        }
        guard roots.contains(where: { $0.subject == leaf.issuer && $0.publicKey.isValidSignature(leaf.signature, for: leaf) }) else {
            throw .certificate(problem: "it was signed by no authority beside it")
        }
    }
}
