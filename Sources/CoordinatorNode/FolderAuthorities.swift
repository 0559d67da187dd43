import FederationService
import Foundation
import Logging
import NIOSSL
import Synchronization
import Trust

/// The authorities of a running coordinator: kept in its folder, and with them its own certificate and the TLS of new
/// connections.
final class FolderAuthorities: AuthorityKeeper {
    private let folder: CoordinatorFolder
    private let lives: CertificateLives
    private let strictPostQuantum: Bool
    private let log: Logger
    private let held: Mutex<Authorities>
    let contexts: ServerContexts

    init(folder: CoordinatorFolder, lives: CertificateLives, strictPostQuantum: Bool, log: Logger) throws {
        (self.folder, self.lives, self.strictPostQuantum, self.log) = (folder, lives, strictPostQuantum, log)
        let authorities = try folder.settle()
        held = Mutex(authorities)
        let server = try folder.currentServerCertificate(authorities, now: Date(), life: lives.server, log)
        contexts = try ServerContexts(try Self.tls(server.present, authorities, strictPostQuantum))
    }

    var current: Authorities { held.withLock { $0 } }

    func take(_ step: AuthorityStep) throws(TrustError) -> Authorities {
        try held.withLock { held throws(TrustError) in
            guard !held.has(step), held.refusal(of: step) == nil else { return held }
            let now = Date()
            let next = try held.taking(step) { () throws(TrustError) in
                // A name of its own, so that people can tell them apart.
                try CertificateAuthority(commonName: "Tutti coordinator CA \(Int(now.timeIntervalSince1970))", now: now, lifetime: lives.authority)
            }
            try folder.store(next)
            try install(next, now: now, always: true)
            held = next
            return next
        }
    }

    /// Renews the server's certificate when it is due. Connections that are open keep theirs.
    func renewServerCertificate(now: Date) throws(TrustError) {
        try held.withLock { held throws(TrustError) in try install(held, now: now, always: false) }
    }

    /// When to look again: well before the certificate ends, and often enough for a clock that is set.
    func nextLook(now: Date) -> Double {
        guard let pem = try? folder.serverCertificate().certificatePEM, let present = try? ServerCertificate(pem: pem), present.expires > now else {
            return Limits.lookSecondsLate
        }
        // One that is due and cannot be had is asked for a few times more before the present one ends.
        let wait = max(present.renewalDue.timeIntervalSince(now), present.expires.timeIntervalSince(now) / 8)
        return min(max(wait, Limits.lookSecondsMin), Limits.lookSecondsMax)
    }

    /// Looks after the server's certificate until it is cancelled.
    func keep() async {
        while (try? await Task.sleep(for: .seconds(nextLook(now: Date())))) != nil {
            do { try renewServerCertificate(now: Date()) } catch { log.error("the server's certificate is not renewed", metadata: ["reason": "\(error)"]) }
        }
    }

    private func install(_ authorities: Authorities, now: Date, always: Bool) throws(TrustError) {
        let server = try folder.currentServerCertificate(authorities, now: now, life: lives.server, log)
        guard server.isNew || always else { return }
        let tls = try Self.tls(server.present, authorities, strictPostQuantum)
        do { try contexts.replace(tls) } catch { throw .tls(problem: "\(error)") }
    }

    private static func tls(
        _ server: (certificatePEM: String, keyPEM: String), _ authorities: Authorities, _ strictPostQuantum: Bool
    ) throws(TrustError) -> TLSConfiguration {
        try serverTLS(
            certificatePEM: server.certificatePEM, keyPEM: server.keyPEM, authorityPEM: authorities.bundlePEM, strictPostQuantum: strictPostQuantum)
    }
}

extension CoordinatorFolder {
    /// The server's certificate; a new one for the same key and names when the present one is about to end, or is of the
    /// authority that is being replaced. Clients trust the authority.
    func currentServerCertificate(
        _ authorities: Authorities, now: Date, life: Double, _ log: Logger
    ) throws(TrustError) -> (present: (certificatePEM: String, keyPEM: String), isNew: Bool) {
        let present = try serverCertificate()
        let renewed = try authorities.signing.renewal(
            of: present.certificatePEM, keyPEM: present.keyPEM, now: now, lifetime: life, replacing: authorities.other.map { [$0] } ?? [])
        guard let renewed else { return (present, false) }
        try SecretFile.write(Array(renewed.pem.utf8), to: path + "/server.pem", mode: 0o644)
        log.notice("the server's certificate was renewed", metadata: ["expires": "\(renewed.expires)", "authority": "\(authorities.signing.pin)"])
        return ((renewed.pem, present.keyPEM), true)
    }
}
