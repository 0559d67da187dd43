internal import CryptoSuite
package import NIOSSL

extension AuthorityPin {
    /// The pinned certificate in PEM, if it is among those a server presented. Says nothing about the server itself: what
    /// follows must be a connection that trusts this authority only.
    package func authority(in chain: [NIOSSLCertificate]) throws(TrustError) -> String {
        var presented: [String] = []
        for certificate in chain.prefix(Limits.certificatesMax) {
            guard let bytes = try? certificate.toDERBytes() else { continue }
            let found = CryptoSuite.system.sha256(bytes)
            if found == digest { return pem(der: bytes) }
            presented.append(pinText(found))
        }
        throw .pinMismatch(expected: description, presented: presented)
    }

    package static func probeTLS() -> TLSConfiguration { PinnedBootstrap.configuration() }
}
