package import Foundation
import NIOSSL
import Trust

/// Who this node is: made by `join`, read by `run`. The key never leaves the folder.
package struct NodeIdentity: Sendable {
    package struct Card: Sendable, Codable, Equatable {
        package var coordinator: String
        package var tenant: String
        package var client: String
        package init(coordinator: String, tenant: String, client: String) {
            self.coordinator = coordinator
            self.tenant = tenant
            self.client = client
        }
    }

    package var card: Card
    package var certificatePEM: String
    package var authorityPEM: String
    package var keyPEM: String

    /// When the certificate begins and ends to be valid; nil when it cannot be read.
    package var certificateLife: (from: Date, to: Date)? {
        guard let certificate = try? NIOSSLCertificate(bytes: Array(certificatePEM.utf8), format: .pem) else { return nil }
        return (
            Date(timeIntervalSince1970: Double(certificate.notValidBefore)), Date(timeIntervalSince1970: Double(certificate.notValidAfter))
        )
    }

    package init(card: Card, certificatePEM: String, authorityPEM: String, keyPEM: String) {
        self.card = card
        self.certificatePEM = certificatePEM
        self.authorityPEM = authorityPEM
        self.keyPEM = keyPEM
    }

    package static func folder(_ data: String) -> String { data + "/identity" }

    package static func exists(in data: String) -> Bool {
        FileManager.default.fileExists(atPath: folder(data) + "/node.json")
    }

    package static func load(from data: String) throws(ClientNodeError) -> NodeIdentity {
        let folder = folder(data)
        guard let json = FileManager.default.contents(atPath: folder + "/node.json") else {
            throw ClientNodeError(
                .configuration, "\(data) holds no identity.",
                remedy: "Enrol first: tutti-client join URL --token TOKEN --ca-pin sha256:HEX --data \(data)")
        }
        do {
            return NodeIdentity(
                card: try JSONDecoder().decode(Card.self, from: json),
                certificatePEM: try String(contentsOfFile: folder + "/client.pem", encoding: .utf8),
                authorityPEM: try String(contentsOfFile: folder + "/ca.pem", encoding: .utf8),
                keyPEM: String(decoding: try SecretFile.read(folder + "/client.key"), as: UTF8.self))
        } catch {
            throw ClientNodeError(
                .configuration, "The identity in \(folder) cannot be read: \(error).",
                remedy: "Restore the folder, or delete it and enrol again with a new token.")
        }
    }

    /// The card is written last: a folder without it is no identity.
    package func save(to data: String) throws(ClientNodeError) {
        let folder = NodeIdentity.folder(data)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try SecretFile.write(Array(keyPEM.utf8), to: folder + "/client.key")
            try Data(certificatePEM.utf8).write(to: URL(fileURLWithPath: folder + "/client.pem"), options: .atomic)
            try Data(authorityPEM.utf8).write(to: URL(fileURLWithPath: folder + "/ca.pem"), options: .atomic)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(card).write(to: URL(fileURLWithPath: folder + "/node.json"), options: .atomic)
        } catch {
            throw ClientNodeError(
                .configuration, "The identity cannot be written to \(folder): \(error).",
                remedy: "Check that the folder is writable and the disk has room.")
        }
    }
}
