import CryptoSuite
import Federation
import Foundation
import Trust
import TuttiConfiguration

/// A look at everything that a node keeps, while it runs or not. Changes nothing.
package struct NodeCheck: Sendable, Equatable {
    /// Below the folder, sorted.
    package private(set) var files: [String] = []
    /// Each in words, with the file it is in.
    package private(set) var damages: [String] = []

    /// - Parameter data: the node's folder.
    package init(data: String) {
        look("identity") { try Self.identity(data) }
        look("client.toml") { _ = try ClientSettings.load(data: data) }
        if exists(data, "identity/member.key") { look("identity/member.key") { _ = try SeedFile.read(MemberKey.path(data)) } }
        if exists(data, "privacy.ledger") { look("privacy.ledger") { try NodeLedger.examine(data: data) } }
        if exists(data, "sent.jsonl"), let damage = SentLog.damage(data: data) { damages.append(damage) }
        for session in Self.names(data + "/sessions") { sessionFolder(data, "sessions/\(session)", session) }
        files = Self.list(data)
    }

    private mutating func sessionFolder(_ data: String, _ folder: String, _ session: String) {
        for name in Self.names("\(data)/\(folder)") {
            let path = "\(data)/\(folder)/\(name)"
            look("\(folder)/\(name)") {
                if name == "state" {
                    _ = try JSONDecoder().decode(ClientState.self, from: Data(try DurableFile.read(path) ?? []))
                } else if name == "rounding.secret" {
                    _ = try SeedFile.read(path)
                } else if name.hasPrefix("update-"), !name.hasSuffix(".tmp") {
                    let digest = hexadecimal(CryptoSuite.system.sha256(try DurableFile.read(path) ?? []))
                    guard name == "update-" + digest else { throw TrustError.file(path: path, problem: "its content does not have the digest of its name") }
                }
            }
        }
    }

    private mutating func look(_ file: String, _ read: () throws -> Void) {
        do { try read() } catch { damages.append("\(file): \(error)") }
    }

    private static func identity(_ data: String) throws {
        let identity = try NodeIdentity.load(from: data)
        try NodeFiles.verify(
            certificatePEM: identity.certificatePEM, keyPEM: identity.keyPEM, authorityPEM: identity.authorityPEM, tenant: identity.card.tenant,
            client: identity.card.client)
    }

    private func exists(_ data: String, _ file: String) -> Bool { FileManager.default.fileExists(atPath: "\(data)/\(file)") }

    private static func names(_ folder: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }

    private static func list(_ data: String) -> [String] {
        (FileManager.default.enumerator(atPath: data)?.allObjects.compactMap { $0 as? String } ?? []).filter { file in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(data)/\(file)", isDirectory: &isFolder) && !isFolder.boolValue
        }.sorted()
    }
}
