import Diagnosis
import Foundation
import Trust
import TuttiConfiguration

extension CoordinatorDoctor {
    /// The authority, the server's certificate, and whether they, their keys and the settings go together.
    func certificates(_ settings: CoordinatorSettings?) -> [Finding] {
        var findings: [Finding] = []
        let authorities = text("ca.pem").flatMap { try? CertificateFacts.all(pem: $0) } ?? []
        if let authority = authorities.first, authorities.allSatisfy(\.isAuthority) {
            findings.append(
                .certificate(
                    "authority", from: authority.begins, to: authority.expires, now: now(),
                    renewal: "Make a new folder and enrol the nodes again: tutti-coordinator init"))
            if let finding = key("authority", "ca.key", of: authorities, "ca.pem") { findings.append(finding) }
        } else {
            findings.append(.fail("authority", .certificateDamaged, "\(path)/ca.pem holds no authority's certificate.", restore))
        }
        guard let server = text("server.pem").flatMap({ try? CertificateFacts(pem: $0) }) else {
            return findings + [.fail("certificate", .certificateDamaged, "\(path)/server.pem holds no certificate.", restore)]
        }
        let renewal = "Restart the coordinator, which renews it: tutti-coordinator serve \(path)"
        findings.append(.certificate("certificate", from: server.begins, to: server.expires, now: now(), renewal: renewal))
        if let finding = key("certificate", "server.key", of: [server], "server.pem") { findings.append(finding) }
        if !authorities.isEmpty, !authorities.contains(where: server.isSigned) {
            findings.append(.fail("certificate", .foreignCertificate, "\(path)/server.pem was issued by another authority than \(path)/ca.pem.", restore))
        }
        let absent = settings.map { told($0).filter { name in (try? HostName(name)).map { !server.isFor($0) } ?? true } } ?? []
        if !absent.isEmpty {
            findings.append(
                .fail(
                    "names", .nameNotInCertificate,
                    "the server's certificate is for \(server.names.joined(separator: ", ")), and not for \(absent.joined(separator: ", ")).",
                    "Take what is not there out of server.names and server.public_url in config.toml, or make a folder with: tutti-coordinator init DIR --name NAME"
                ))
        }
        return findings
    }

    /// The names under which clients are told to come.
    private func told(_ settings: CoordinatorSettings) -> [String] {
        let host = settings.publicURL.flatMap { URLComponents(string: $0)?.host }
        return settings.names + [host].compactMap { $0 }.filter { !settings.names.contains($0) }
    }

    private func key(_ check: String, _ name: String, of certificates: [CertificateFacts], _ file: String) -> Finding? {
        guard let text = text(name) else { return nil }
        guard let key = try? NodeKey(pem: text) else { return .fail(check, .keyDamaged, "\(path)/\(name) is no P-256 key in PEM.", restore) }
        guard certificates.contains(where: { $0.belongs(to: key) }) else {
            return .fail(check, .keyMismatch, "\(path)/\(name) is not the key of \(path)/\(file).", "Restore \(name) and \(file) together. " + restore)
        }
        return nil
    }

    func text(_ name: String) -> String? {
        FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) }
    }
}
