import Foundation
import StrictJSON
import Trust

/// How an identity lies in its folder: `client.key`, `client.pem`, `ca.pem`, and `node.json`, which makes it one. A renewed
/// one is first written whole into `renewed.json` (mode 0600), and from then on it counts; then it is copied into the
/// three files and the one is removed. So there is a complete identity whenever the process dies.
extension NodeIdentity {
    private static func renewedPath(_ data: String) -> String { folder(data) + "/renewed.json" }

    package static func load(from data: String) throws(ClientNodeError) -> NodeIdentity {
        var read = try loadOnce(from: data)
        // While another process copies, the three may be of two generations; the last copy is followed by a removal.
        for _ in 0..<Limits.identityReads where !read.isWhole { read = try loadOnce(from: data) }
        return read.identity
    }

    /// The same, after finishing what a process that died had begun to copy.
    static func settled(in data: String) throws(ClientNodeError) -> NodeIdentity {
        // A folder that is only there to be read needs no lock.
        guard FileManager.default.fileExists(atPath: renewedPath(data)) else { return try load(from: data) }
        return try locked(data) { () throws(ClientNodeError) in
            let identity = try load(from: data)
            if FileManager.default.fileExists(atPath: renewedPath(data)) { try identity.copy(to: data) }
            return identity
        }
    }

    private static func loadOnce(from data: String) throws(ClientNodeError) -> (identity: NodeIdentity, isWhole: Bool) {
        let folder = folder(data)
        guard let json = FileManager.default.contents(atPath: folder + "/node.json") else {
            throw ClientNodeError(
                .configuration, "\(data) holds no identity.",
                remedy: "Enrol first: tutti-client join URL --token TOKEN --ca-pin sha256:HEX --data \(data)")
        }
        do {
            let card = try JSONDecoder().decode(Card.self, from: json)
            if let renewed = try renewed(data, card) { return (renewed, true) }
            let identity = NodeIdentity(
                card: card, certificatePEM: try String(contentsOfFile: folder + "/client.pem", encoding: .utf8),
                authorityPEM: try String(contentsOfFile: folder + "/ca.pem", encoding: .utf8),
                keyPEM: String(decoding: try SecretFile.read(folder + "/client.key"), as: UTF8.self))
            let isWhole = !FileManager.default.fileExists(atPath: renewedPath(data)) && (try? identity.tls(data)) != nil
            return (identity, isWhole)
        } catch {
            throw ClientNodeError(
                .configuration, "The identity in \(folder) cannot be read: \(error).",
                remedy: "Restore the folder, or delete it and enrol again with a new token.")
        }
    }

    private static func renewed(_ data: String, _ card: Card) throws -> NodeIdentity? {
        let path = renewedPath(data)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes: [UInt8]
        do { bytes = try SecretFile.read(path) } catch {
            // It was just copied and removed.
            guard FileManager.default.fileExists(atPath: path) else { return nil }
            throw error
        }
        let json = try JSON(parsing: bytes)
        guard let certificate = json["certificate"]?.text, let authority = json["ca_certificate"]?.text, let key = json["key"]?.text else {
            throw TrustError.file(path: path, problem: "it is not complete")
        }
        return NodeIdentity(card: card, certificatePEM: certificate, authorityPEM: authority, keyPEM: key)
    }

    /// The first identity of a folder. The card is written last: a folder without it is no identity.
    package func save(to data: String) throws(ClientNodeError) {
        let folder = NodeIdentity.folder(data)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try writeFiles(folder)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try SecretFile.write([UInt8](try encoder.encode(card)), to: folder + "/node.json", mode: 0o644)
        } catch { throw Self.unwritable(folder, error) }
    }

    /// Takes the place of the identity in the folder, at once and durably.
    func replace(in data: String) throws(ClientNodeError) {
        try Self.locked(data) { () throws(ClientNodeError) in
            let json: JSON = ["certificate": .string(certificatePEM), "ca_certificate": .string(authorityPEM), "key": .string(keyPEM)]
            do throws(TrustError) { try SecretFile.write(json.encoded(), to: Self.renewedPath(data)) } catch { throw Self.unwritable(Self.folder(data), error) }
            try copy(to: data)
        }
    }

    private func copy(to data: String) throws(ClientNodeError) {
        do throws(TrustError) {
            try writeFiles(Self.folder(data))
            try SecretFile.remove(Self.renewedPath(data))
        } catch { throw Self.unwritable(Self.folder(data), error) }
    }

    private func writeFiles(_ folder: String) throws(TrustError) {
        try SecretFile.write(Array(keyPEM.utf8), to: folder + "/client.key")
        try SecretFile.write(Array(certificatePEM.utf8), to: folder + "/client.pem", mode: 0o644)
        try SecretFile.write(Array(authorityPEM.utf8), to: folder + "/ca.pem", mode: 0o644)
    }

    /// One process at a time writes here: a node that runs, or a command beside it.
    private static func locked<Value>(_ data: String, _ work: () throws(ClientNodeError) -> Value) throws(ClientNodeError) -> Value {
        let path = folder(data) + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw unwritable(folder(data), TrustError.file(path: path, problem: "it cannot be locked (\(reason))"))
        }
        defer { close(descriptor) }
        return try work()
    }

    private static func unwritable(_ folder: String, _ error: any Error) -> ClientNodeError {
        ClientNodeError(
            .configuration, "The identity cannot be written to \(folder): \(error).",
            remedy: "Check that the folder is writable and the disk has room.")
    }
}
