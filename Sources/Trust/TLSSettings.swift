internal import NIOCore
package import NIOSSL

/// The server's side: TLS 1.3 only; client certificates are asked for but not required, so that one port serves
/// everybody and each route decides. A certificate that is shown must be good: a foreign or expired one ends the
/// handshake. The authority's certificate is in the chain for nodes that know only its pin.
/// - Parameters:
///   - certificatePEM: the server's own certificate.
///   - authorityPEM: one authority, or during a roll the old and the new one.
///   - strictPostQuantum: no key exchange but X25519MLKEM768. It shuts out curl and OpenSSL before 3.5; otherwise
///     X25519 is there for them, after it.
package func serverTLS(
    certificatePEM: String, keyPEM: String, authorityPEM: String, strictPostQuantum: Bool
) throws(TrustError) -> TLSConfiguration {
    let authorities = try certificates(authorityPEM, "CA")
    let chain = try certificates(certificatePEM, "server certificate") + authorities
    var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(try privateKey(keyPEM)))
    configuration.minimumTLSVersion = .tlsv13
    configuration.trustRoots = .certificates(authorities)
    configuration.certificateVerification = .optionalVerification
    configuration.sendCANameList = true
    // A peer that is sent away must not keep its socket by not answering the goodbye of TLS; the default is five seconds.
    configuration.shutdownTimeout = .milliseconds(Limits.shutdownMilliseconds)
    configuration.curves = strictPostQuantum ? [.x25519_MLKEM768] : [.x25519_MLKEM768, .x25519]
    return try tried(configuration)
}

/// A client's side: TLS 1.3, the coordinator's own authority and no other, the name checked.
/// - Parameters:
///   - postQuantumOnly: offer no key exchange but the hybrid X25519MLKEM768, so that a handshake that completes proves
///     it was used. Otherwise X25519 follows it.
package func clientTLS(
    authorityPEM: String, certificatePEM: String? = nil, keyPEM: String? = nil, postQuantumOnly: Bool = true
) throws(TrustError) -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv13
    configuration.certificateVerification = .fullVerification
    configuration.trustRoots = .certificates(try certificates(authorityPEM, "CA"))
    configuration.curves = postQuantumOnly ? [.x25519_MLKEM768] : [.x25519_MLKEM768, .x25519]
    switch (certificatePEM, keyPEM) {
    case (let certificatePEM?, let keyPEM?):
        configuration.certificateChain = try certificates(certificatePEM, "client certificate").map { .certificate($0) }
        configuration.privateKey = .privateKey(try privateKey(keyPEM))
    case (nil, nil): break
    case (_?, nil), (nil, _?): throw .tls(problem: "a client certificate and its key are given together or not at all")
    }
    return try tried(configuration)
}

private func certificates(_ pem: String, _ what: String) throws(TrustError) -> [NIOSSLCertificate] {
    guard pem.utf8.count <= Limits.pemBytesMax else { throw .tls(problem: "the \(what) is longer than \(Limits.pemBytesMax) bytes") }
    let found: [NIOSSLCertificate]
    do { found = try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)) } catch {
        throw .tls(problem: "the \(what) is no certificate in PEM")
    }
    guard (1...Limits.certificatesMax).contains(found.count) else {
        throw .tls(problem: "the \(what) holds \(found.count) certificates, not 1 to \(Limits.certificatesMax)")
    }
    return found
}

private func privateKey(_ pem: String) throws(TrustError) -> NIOSSLPrivateKey {
    guard pem.utf8.count <= Limits.pemBytesMax else { throw .tls(problem: "the key is longer than \(Limits.pemBytesMax) bytes") }
    // The cause is left out: an error text must not carry parts of a key.
    do { return try NIOSSLPrivateKey(bytes: Array(pem.utf8), format: .pem) } catch { throw .tls(problem: "the key is no key in PEM") }
}

/// A configuration that no context can be made of is refused here, where the reason is known, and not at the first
/// connection.
private func tried(_ configuration: TLSConfiguration) throws(TrustError) -> TLSConfiguration {
    do { _ = try NIOSSLContext(configuration: configuration) } catch {
        throw .tls(problem: "certificate and key do not belong together (\(error))")
    }
    return configuration
}
