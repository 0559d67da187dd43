import CryptoSuite
import Federation
import Foundation
import Strategies
import Trust
import Wire

/// What a node keeps of one session: the state of its machine and the body of an update that has no receipt yet.
struct SessionFolder: Sendable {
    let folder: String
    let sent: SentLog

    init(data: String, session: String) throws(ClientNodeError) {
        // The id comes from the coordinator or the command line, and names a folder here.
        guard PeerIdentity.isPart(session), session.utf8.count <= Limits.sessionBytes else {
            throw ClientNodeError(
                .failed, "'\(session.prefix(80))' is no session's id.", remedy: "Give one from: tutti-coordinator session list")
        }
        folder = "\(data)/sessions/\(session)"
        sent = SentLog(data: data)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ClientNodeError(
                .configuration, "\(folder) cannot be made: \(error).", remedy: "Check that the data folder is writable.")
        }
    }

    func loadState(session: String) throws(ClientNodeError) -> ClientState {
        guard let payload = try DurableFile.read(folder + "/state") else { return ClientState(session: session) }
        do {
            return try JSONDecoder().decode(ClientState.self, from: Data(payload))
        } catch {
            throw ClientNodeError(
                .version, "\(folder)/state was written by another version: \(error).",
                remedy: "Use that version, or delete the file: the client then trains again for the open round.")
        }
    }

    func save(_ state: ClientState) throws(ClientNodeError) {
        let payload: Data
        do { payload = try JSONEncoder().encode(state) } catch {
            throw ClientNodeError(.failed, "The state cannot be encoded: \(error).", remedy: "Report this as a bug.")
        }
        try DurableFile.write([UInt8](payload), to: folder + "/state")
    }

    /// Durable when it returns. Gives the digest (hex), by which the body is found again.
    func saveUpdate(_ body: [UInt8]) throws(ClientNodeError) -> String {
        let digest = hexadecimal(CryptoSuite.system.sha256(body))
        try DurableFile.write(body, to: updatePath(digest))
        return digest
    }

    func loadUpdate(_ digest: String) throws(ClientNodeError) -> [UInt8] {
        guard let body = try DurableFile.read(updatePath(digest)) else {
            throw ClientNodeError(
                .integrity, "The update \(digest) is gone from \(folder).",
                remedy: "Nobody but this client may change its data folder.")
        }
        return body
    }

    /// What a round with controls begins with; nil when it has none.
    /// - Parameters:
    ///   - own: digest of this client's control, which lies here like an update; nil: zero.
    ///   - server: the file that the round names.
    func controls(_ start: RoundStart, own: String?, server: [UInt8]?, parameters: Int) throws -> Controls? {
        guard case .controlled(let control) = start.rule else { return nil }
        if !control.sha256.isEmpty, server.map({ CryptoSuite.system.sha256($0) }) != control.sha256 {
            throw ClientNodeError(.failed, "The server's control of round \(start.round) is not here.", remedy: "It is fetched again in the next round.")
        }
        let kept = try own.map { (digest) throws(ClientNodeError) in
            guard let values = RoundComputer.decode(delta: try loadUpdate(digest), count: parameters) else {
                throw ClientNodeError(
                    .integrity, "The control \(digest) in \(folder) is not of this session's model.",
                    remedy: "Nobody but this client may change its data folder.")
            }
            return values
        }
        return try LocalComputer.controls(start, own: kept, server: control.sha256.isEmpty ? nil : server, parameters: parameters)
    }

    /// What this client's rounding is drawn from in secure aggregation: 32 bytes, 0600, drawn once for the session.
    func roundingSecret() throws(ClientNodeError) -> Secret {
        let path = folder + "/rounding.secret"
        do throws(TrustError) {
            if FileManager.default.fileExists(atPath: path) {
                return Secret(try SeedFile.read(path))
            }
            let fresh = RandomSource.system.bytes(32)
            try SeedFile.write(fresh, to: path)
            return Secret(fresh)
        } catch {
            throw ClientNodeError(.configuration, "\(error)", remedy: "Delete the file: a new secret is drawn. Nobody but this client may read it.")
        }
    }

    func discardUpdate(_ digest: String) {
        unlink(updatePath(digest))
    }

    private func updatePath(_ digest: String) -> String { "\(folder)/update-\(digest)" }
}
