import CryptoSuite
import Foundation
import StrictJSON
package import Trust

/// How long certificates live that a coordinator makes, in seconds.
package struct CertificateLives: Sendable {
    package var authority = 10.0 * 365 * 86_400
    package var server = 365.0 * 86_400
    /// nil: as the settings say.
    package var node: Double?
    package init() {}
}

/// The authorities in the folder. `ca.pem` holds the certificates that are trusted, the signing one's first, and `ca.key`
/// the key of the authority there was before a replacement began. What a replacement adds is in one secret file, `ca.roll`,
/// which is replaced whole: how far it is, and the new authority with its key. Everything else follows from it, so that
/// a process that dies between any two writes leaves something from which `settle` goes on.
extension CoordinatorFolder {
    package var rollPath: String { path + "/ca.roll" }

    /// `retiring`: the new authority is the only one; its files are being put in the old one's place.
    private enum Mark: String { case prepared, activated, retiring }

    private struct Roll {
        var mark: Mark
        var new: CertificateAuthority
    }

    /// As they are in the folder, which is not changed.
    package func authorities() throws(TrustError) -> Authorities {
        let roll = try roll()
        if let roll, roll.mark == .retiring { return Authorities(roll.new) }
        let present = try CertificateAuthority(bundlePEM: try text("ca.pem"), keyPEM: String(decoding: try SecretFile.read(path + "/ca.key"), as: UTF8.self))
        switch roll?.mark {
        case .prepared?: return .prepared(old: present, new: roll?.new ?? present)
        case .activated?: return .activated(old: present, new: roll?.new ?? present)
        case .retiring?, nil: return Authorities(present)
        }
    }

    /// The same, after finishing what a process that died had begun.
    func settle() throws(TrustError) -> Authorities {
        let authorities = try authorities()
        if let roll = try roll(), roll.mark == .retiring { try finish(roll.new) }
        try writeTrusted(authorities)
        return authorities
    }

    /// Makes a step durable: first what decides, then what follows from it.
    /// - Parameter next: what `Authorities.taking` gave.
    func store(_ next: Authorities) throws(TrustError) {
        switch (next.phase, next.new) {
        case (.prepared, let new?): try write(Roll(mark: .prepared, new: new))
        case (.activated, let new?): try write(Roll(mark: .activated, new: new))
        case (.steady, _), (.prepared, nil), (.activated, nil):
            try write(Roll(mark: .retiring, new: next.signing))
            try finish(next.signing)
        }
        try writeTrusted(next)
    }

    private func finish(_ new: CertificateAuthority) throws(TrustError) {
        try SecretFile.write(Array(new.keyPEM.utf8), to: path + "/ca.key")
        try writeTrusted(Authorities(new))
        try SecretFile.remove(rollPath)
    }

    /// Not secret, but as durable as the others: what a client takes for the authority must not go back in time.
    private func writeTrusted(_ authorities: Authorities) throws(TrustError) {
        guard try text("ca.pem") != authorities.bundlePEM else { return }
        try SecretFile.write(Array(authorities.bundlePEM.utf8), to: authorityPath, mode: 0o644)
    }

    private func write(_ roll: Roll) throws(TrustError) {
        let json: JSON = [
            "phase": .string(roll.mark.rawValue), "certificate": .string(roll.new.certificatePEM), "key": .string(roll.new.keyPEM),
        ]
        try SecretFile.write(Array((json.encodedText + "\n").utf8), to: rollPath)
    }

    private func roll() throws(TrustError) -> Roll? {
        guard FileManager.default.fileExists(atPath: rollPath) else { return nil }
        let bytes = try SecretFile.read(rollPath)
        guard let json = try? JSON(parsing: bytes), let mark = json["phase"]?.text.flatMap(Mark.init(rawValue:)),
            let certificate = json["certificate"]?.text, let key = json["key"]?.text
        else { throw .authority(problem: "\(rollPath), which says how far its replacement is, cannot be read") }
        do throws(TrustError) { return Roll(mark: mark, new: try CertificateAuthority(certificatePEM: certificate, keyPEM: key)) } catch {
            throw .authority(problem: "\(rollPath) does not hold the next authority: \(error.message)")
        }
    }
}
