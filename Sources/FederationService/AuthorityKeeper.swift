import Foundation
package import Trust

/// Where the coordinator's authorities are kept.
package protocol AuthorityKeeper: Sendable {
    var current: Authorities { get }
    /// Takes the step when it is next. Durable, and in force for every connection from then on, when it returns.
    func take(_ step: AuthorityStep) throws(TrustError) -> Authorities
}

/// The live connections of nodes, as a gateway has them.
package protocol LiveConnections: Sendable {
    /// Closes every connection whose client certificate has ended, as `isEnded` says; requests on it are not answered.
    func close(where isEnded: @Sendable (LiveCertificate) -> Bool)
    /// The same for the connections of one node.
    func close(tenant: String, client: String, where isEnded: @Sendable (LiveCertificate) -> Bool)
}

/// The client certificate of a live connection.
package struct LiveCertificate: Sendable {
    package var name: CertificateName
    /// The key identifier of the authority that signed it.
    package var authorityKey: [UInt8]
    package init(name: CertificateName, authorityKey: [UInt8]) {
        self.name = name
        self.authorityKey = authorityKey
    }
}

package struct NoConnections: LiveConnections {
    package init() {}
    package func close(where isEnded: @Sendable (LiveCertificate) -> Bool) {}
    package func close(tenant: String, client: String, where isEnded: @Sendable (LiveCertificate) -> Bool) {}
}

/// Authorities that last as long as the process: for a service without a folder.
package final class AuthoritiesInMemory: AuthorityKeeper, @unchecked Sendable {
    private let lock = NSLock()
    private var held: Authorities

    package init(_ authority: CertificateAuthority) { held = Authorities(authority) }

    package var current: Authorities { lock.withLock { held } }

    package func take(_ step: AuthorityStep) throws(TrustError) -> Authorities {
        lock.lock()
        defer { lock.unlock() }
        let life = held.signing.expires.timeIntervalSinceNow
        held = try held.taking(step) { () throws(TrustError) in
            try CertificateAuthority(commonName: "Tutti coordinator CA (next)", now: Date(), lifetime: life)
        }
        return held
    }
}
