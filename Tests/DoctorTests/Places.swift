import ClientNode
import CoordinatorNode
import Diagnosis
import Foundation
import StrictJSON
import Testing
import Trust

let day = 86_400.0

/// A coordinator's folder that nothing is wrong with, and what belongs to it.
struct Place: Sendable {
    let folder: CoordinatorFolder
    var path: String { folder.path }

    static func made<Value: Sendable>(listen: String = "127.0.0.1:0", _ work: (Place) async throws -> Value) async throws -> Value {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: listen, names: [])
            return try await work(Place(folder: folder))
        }
    }

    func authority() throws -> CertificateAuthority {
        try CertificateAuthority(
            certificatePEM: String(contentsOfFile: folder.authorityPath, encoding: .utf8),
            keyPEM: String(decoding: SecretFile.read(path + "/ca.key"), as: UTF8.self))
    }

    func write(_ text: String, to name: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(path)/\(name)")
    }

    /// As a coordinator that serves on `port` says it.
    func says(port: Int, process: Int32 = getpid()) throws {
        let run: JSON = [
            "url": .string("https://127.0.0.1:\(port)"), "host": "127.0.0.1", "port": JSON(port), "local_port": .null, "pid": .integer(Int64(process)),
        ]
        try write(run.encodedText, to: "run.json")
    }

    /// - Parameter clock: seconds that this machine's clock seems to be ahead.
    func examine(clock: Double = 0) async -> [Finding] { await CoordinatorDoctor(folder, now: { Date() + clock }).examine() }
}

/// A node's folder with an identity of `authority`, and nothing wrong with it.
struct Node: Sendable {
    let path: String
    var identity: String { NodeIdentity.folder(path) }

    static func made<Value: Sendable>(
        _ authority: CertificateAuthority, port: Int, host: String = "127.0.0.1", issued: Date = Date(), lifetime: Double = 30 * day,
        _ work: (Node) async throws -> Value
    ) async throws -> Value {
        let key = NodeKey()
        let certificate = try authority.issueClient(
            certificateRequestPEM: try key.certificateRequestPEM(commonName: "x"), tenant: "default", client: "client-01", now: issued, lifetime: lifetime)
        return try await made(certificate.pem, key.pem, authority.certificatePEM, "https://\(host):\(port)", work)
    }

    static func made<Value: Sendable>(
        _ certificate: String, _ key: String, _ authority: String, _ url: String, _ work: (Node) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryFolder { path in
            let node = Node(path: path + "/node")
            try NodeIdentity(
                card: .init(coordinator: url, tenant: "default", client: "client-01"), certificatePEM: certificate, authorityPEM: authority, keyPEM: key
            ).save(to: node.path)
            _ = try MemberKey.loadOrMake(in: node.path)
            return try await work(node)
        }
    }

    func write(_ text: String, to path: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    func examine() async -> [Finding] { await ClientDoctor(data: path).examine() }
}

/// A file system of its own in memory, where this process may mount one.
struct TinyDisk {
    let path: String

    static func with<Value: Sendable>(megabytes: Int, _ work: (String) async throws -> Value) async throws -> Value {
        try await withTemporaryFolder { path in
            try #require(run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=700", "tmpfs", path) == 0)
            defer { _ = run("umount", "-l", path) }
            return try await work(path)
        }
    }

    static let canMount: Bool = {
        let path = NSTemporaryDirectory() + "tutti-mount-" + UUID().uuidString
        guard (try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)) != nil else { return false }
        defer { try? FileManager.default.removeItem(atPath: path) }
        guard run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path) == 0 else { return false }
        return run("umount", path) == 0
    }()

    @discardableResult
    static func run(_ program: String, _ arguments: String...) -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return -1 }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Until not one more byte goes in.
    static func fill(_ path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        for size in [1 << 20, 1 << 12, 1] {
            let bytes = [UInt8](repeating: 0, count: size)
            while bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, size) }) > 0 {}
        }
    }
}
