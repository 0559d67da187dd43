package import TuttiConfiguration
import CryptoSuite
import Federation
import Foundation
import Logging
import PKCS11
import Platform
import Storage
import StrictJSON
import Trust

/// A coordinator's data folder: what `init` makes and `serve` opens.
package struct CoordinatorFolder: Sendable {
    package let path: String
    package init(_ path: String) { self.path = path }

    package var configurationPath: String { path + "/config.toml" }
    package var authorityPath: String { path + "/ca.pem" }
    package var adminKeyPath: String { path + "/admin.key" }
    /// What signs access tokens.
    package var signingKeysPath: String { path + "/signing.keys" }
    /// Where the running coordinator says where it listens.
    package var runPath: String { path + "/run.json" }

    /// Makes the folder: authority, server certificate, settings, the administrator's key. Gives the CA pin.
    package func create(
        listen: String, names: [String], profile: CoordinatorSettings.Profile = .local, token: MasterToken? = nil,
        lives: CertificateLives = CertificateLives()
    ) async throws(CoordinatorError) -> String {
        if FileManager.default.fileExists(atPath: configurationPath) {
            throw CoordinatorError(
                .configuration, "\(path) is a coordinator's folder already.", remedy: "Use it with 'tutti-coordinator serve \(path)', or give another folder.")
        }
        do {
            // Before anything is made: it is what can be mended by another argument.
            if let token { _ = try await Self.token(token, makes: true).facts() }
            if let content = try? FileManager.default.contentsOfDirectory(atPath: path), !content.isEmpty {
                throw CoordinatorError(.configuration, "\(path) is not empty.", remedy: "Give a new or an empty folder.")
            }
            let address = try CoordinatorSettings.address(listen, "--listen")
            var names = names
            for name in ["localhost", "127.0.0.1", address.host] where !names.contains(name) && name != "0.0.0.0" && name != "::" { names.append(name) }
            let now = Date()
            let authority = try CertificateAuthority(commonName: "Tutti coordinator CA", now: now, lifetime: lives.authority)
            let server = try authority.issueServer(names: names, now: now, lifetime: lives.server)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try SecretFile.write(Array(authority.keyPEM.utf8), to: path + "/ca.key")
            try SecretFile.write(Array(server.keyPEM.utf8), to: path + "/server.key")
            try authority.certificatePEM.write(toFile: authorityPath, atomically: true, encoding: .utf8)
            try server.certificatePEM.write(toFile: path + "/server.pem", atomically: true, encoding: .utf8)
            let store = try SQLiteStore(folder: path, suite: .system)
            let key = try await Identity(store: store).createAdministratorKey(random: .system, now: .now)
            try SecretFile.write(Array((key.text + "\n").utf8), to: adminKeyPath)
            try PriceTable.example.write(toFile: pricesPath, atomically: true, encoding: .utf8)
            let sealing = MasterKeyGuard(passphrase: nil, token: try token.map { try Self.token($0, makes: true) }, random: .system)
            try await sealing.write(MasterKeys(random: .system), to: masterKeyPath)
            // Last: a folder without it is not a coordinator's.
            try CoordinatorSettings.template(listen: listen, names: names, profile: profile, token: token).write(
                toFile: configurationPath, atomically: true, encoding: .utf8)
            return authority.pin
        } catch let error as CoordinatorError { throw error } catch {
            throw CoordinatorError(.configuration, "\(path) cannot be made: \(error)", remedy: "Mend that and run init again in an empty folder.")
        }
    }

    package func settings(flags: [String: String] = [:]) throws(CoordinatorError) -> CoordinatorSettings {
        guard let text = try? String(contentsOfFile: configurationPath, encoding: .utf8) else {
            throw CoordinatorError(
                .configuration, "\(path) is no coordinator's folder: config.toml is missing.", remedy: "Make one with 'tutti-coordinator init \(path)'.")
        }
        do {
            return try CoordinatorSettings(toml: text, file: configurationPath, environment: ProcessInfo.processInfo.environment, flags: flags)
        } catch { throw CoordinatorError(.configuration, error.description, remedy: error.remedy) }
    }

    func serverCertificate() throws(TrustError) -> (certificatePEM: String, keyPEM: String) {
        (try text("server.pem"), String(decoding: try SecretFile.read(path + "/server.key"), as: UTF8.self))
    }

    // MARK: The running coordinator

    /// Says where the coordinator listens, for the commands and for scripts that asked for port 0.
    /// - Parameter localPort: of the plain-HTTP listener; nil when there is none.
    func writeRun(url: String, host: String, port: Int, localPort: Int?) {
        let json: JSON = [
            "url": .string(url), "host": .string(host), "port": JSON(port), "local_port": JSON(localPort), "pid": .integer(Int64(getpid())),
        ]
        try? Data((json.encodedText + "\n").utf8).write(to: URL(fileURLWithPath: runPath), options: .atomic)
    }

    func clearRun() { try? FileManager.default.removeItem(atPath: runPath) }

    func text(_ name: String) throws(TrustError) -> String {
        do { return try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) } catch {
            throw .file(path: "\(path)/\(name)", problem: "it cannot be read")
        }
    }
}

extension Instant {
    /// The host's clock. Only shells read it.
    static var now: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
