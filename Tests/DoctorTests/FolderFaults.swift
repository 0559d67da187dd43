import CoordinatorNode
import CryptoSuite
import Diagnosis
import Foundation
import Storage
import Trust

extension Fault {
    /// A coordinator's folder on which nobody serves, with one thing wrong.
    private static func folder(
        _ name: String, _ code: FindingCode, _ verdict: Finding.Verdict = .fail, remedy: String, clock: Double = 0,
        _ inject: @escaping @Sendable (Place) throws -> Void = { _ in }
    ) -> Fault {
        Fault("folder: " + name, code, verdict, remedy: remedy) {
            try await Place.made { place in
                try inject(place)
                return await place.examine(clock: clock)
            }
        }
    }

    static let folders: [Fault] = [
        Fault("folder: none", .folderMissing, remedy: "tutti-coordinator init") {
            try await Place.made { place in
                try FileManager.default.removeItem(atPath: place.path)
                return await place.examine()
            }
        },
        folder("open to others", .folderExposed, remedy: "chmod 700") { place in chmod(place.path, 0o755) },
        folder("the administrator's key is gone", .fileMissing, remedy: "backup") { try FileManager.default.removeItem(atPath: $0.path + "/admin.key") },
        folder("the server's key is open to others", .keyExposed, remedy: "chmod 600") { chmod($0.path + "/server.key", 0o644) },
        folder("the next authority's key is open to others", .keyExposed, remedy: "chmod 600") { try $0.write("{}", to: "ca.roll", mode: 0o640) },
        folder("the server's key is no key", .keyDamaged, remedy: "backup") { try $0.write("nonsense", to: "server.key") },
        folder("the authority's key is no key", .keyDamaged, remedy: "backup") { try $0.write("nonsense", to: "ca.key") },
        folder("the server's key is another's", .keyMismatch, remedy: "server.key and server.pem together") { try $0.write(NodeKey().pem, to: "server.key") },
        folder("the authority's key is another's", .keyMismatch, remedy: "ca.key and ca.pem together") { try $0.write(NodeKey().pem, to: "ca.key") },
        folder("a setting that there is not", .settingsUnreadable, remedy: "tutti-coordinator config show") {
            try $0.write("[server]\nlisen = \"127.0.0.1:0\"\n", to: "config.toml")
        },
        folder("the server's certificate is damaged", .certificateDamaged, remedy: "backup") {
            try $0.write("-----BEGIN CERTIFICATE-----\n", to: "server.pem")
        },
        folder("the server's certificate has ended", .certificateExpired, remedy: "tutti-coordinator serve", clock: 366 * day),
        folder("the clock is a day behind", .certificateNotYetValid, remedy: "date -u", clock: -day),
        folder("the server's certificate is about to end", .certificateEndsSoon, .warn, remedy: "tutti-coordinator serve", clock: 350 * day),
        folder("the server's certificate is of another authority", .foreignCertificate, remedy: "backup") { place in
            let other = try CertificateAuthority(commonName: "Tutti coordinator CA", now: Date(), lifetime: 400 * day)
            let key = try NodeKey.load(from: place.path + "/server.key")
            try place.write(try other.issueServer(names: ["localhost", "127.0.0.1"], key: key, now: Date(), lifetime: 300 * day).pem, to: "server.pem")
        },
        folder("a name that the certificate has not", .nameNotInCertificate, remedy: "server.names") { place in
            let text = try String(contentsOfFile: place.path + "/config.toml", encoding: .utf8)
            try place.write(text.replacing("names = [", with: "names = [\"fed.example.org\", "), to: "config.toml")
        },
        folder("the token's library is gone", .tokenUnusable, remedy: "trust.pkcs11_module") { place in
            try place.write("1234", to: "pin", mode: 0o600)
            let text = try String(contentsOfFile: place.path + "/config.toml", encoding: .utf8)
            let lines = "[trust]\npkcs11_module = \"/nowhere/module.so\"\npkcs11_token = \"t\"\npkcs11_pin_file = \"\(place.path)/pin\""
            try place.write(text.replacing("[trust]", with: lines), to: "config.toml")
        },
        folder("the master key is damaged", .masterKeyUnusable, remedy: "disk") { try $0.write("nonsense", to: "master.key", mode: 0o600) },
        folder("the database is gone", .databaseMissing, remedy: "backup") { try FileManager.default.removeItem(atPath: $0.path + "/tutti.sqlite") },
        folder("the database is no database", .databaseDamaged, remedy: "tutti-coordinator check") { place in
            try Data(repeating: 0x55, count: 4096).write(to: URL(fileURLWithPath: place.path + "/tutti.sqlite"))
        },
        folder("the database is of a newer version", .databaseNewer, remedy: "--version") { place in
            // The user version of the header: bytes 60 to 63 (https://www.sqlite.org/fileformat2.html).
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: place.path + "/tutti.sqlite"))
            try file.seek(toOffset: 60)
            try file.write(contentsOf: Data([0x7F, 0xFF, 0xFF, 0xFF]))
            try file.close()
        },
        folder("it was killed", .runFileStale, remedy: "tutti-coordinator serve") { place in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/true")
            try process.run()
            process.waitUntilExit()
            try place.says(port: 1, process: process.processIdentifier)
        },
        folder("what it said is cut off", .runFileStale, remedy: "tutti-coordinator serve") { try $0.write("{\"url\":", to: "run.json") },
        Fault("folder: another process has it", .folderInUse, remedy: "fuser") {
            try await Place.made { place in
                let store = try SQLiteStore(folder: place.path, suite: .system)
                let findings = await place.examine()
                await store.close()
                return findings
            }
        },
        Fault("folder: its port is taken", .portInUse, remedy: "server.listen") {
            try await FakeServer.plain(nil) { port in
                try await Place.made(listen: "127.0.0.1:\(port)") { await $0.examine() }
            }
        },
        Fault("folder: its address is of another machine", .addressUnavailable, remedy: "server.listen") {
            // TEST-NET-1 (RFC 5737): nobody has it.
            try await Place.made(listen: "192.0.2.1:8443") { await $0.examine() }
        },
    ]

    /// What needs a file system of its own.
    static let disks: [Fault] = [
        Fault("disk: full", .diskFull, remedy: "df ") {
            try await onDisk(megabytes: 4) { TinyDisk.fill($0 + "/filler") }
        },
        Fault("disk: only to be read", .folderNotWritable, remedy: "mount its file system for writing") {
            try await onDisk(megabytes: 8) { TinyDisk.run("mount", "-o", "remount,ro", $0) }
        },
        Fault("disk: nearly full", .diskLow, .warn, remedy: "df ") { try await onDisk(megabytes: 64) { _ in } },
    ]

    private static func onDisk(megabytes: Int, _ inject: @escaping @Sendable (String) throws -> Void) async throws -> [Finding] {
        try await Place.made { made in
            try await TinyDisk.with(megabytes: megabytes) { disk in
                for name in try FileManager.default.contentsOfDirectory(atPath: made.path) {
                    try FileManager.default.copyItem(atPath: "\(made.path)/\(name)", toPath: "\(disk)/\(name)")
                }
                try inject(disk)
                return await Place(folder: .init(disk)).examine()
            }
        }
    }
}
