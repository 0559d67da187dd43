import CoordinatorNode
import Foundation
import NIOHTTP1
import Testing
import Trust
import TuttiConfiguration

struct FolderTests {
    @Test func aServerCertificateThatHasEndedIsRenewedAtTheStart() async throws {
        let early = Date()
        try await LiveCoordinator.with(prepare: { folder in
            let authority = try CertificateAuthority(
                certificatePEM: String(contentsOfFile: folder.authorityPath, encoding: .utf8),
                keyPEM: String(decoding: SecretFile.read(folder.path + "/ca.key"), as: UTF8.self))
            let key = try NodeKey(pem: String(decoding: SecretFile.read(folder.path + "/server.key"), as: UTF8.self))
            let ending = try authority.issueServer(names: ["127.0.0.1", "kept.example"], key: key, now: early - 280, lifetime: 270)
            try ending.pem.write(toFile: folder.path + "/server.pem", atomically: true, encoding: .utf8)
        }) { live in
            #expect(try await live.call(.GET, "/readyz").status == 200)
            let renewed = try ServerCertificate(pem: String(contentsOfFile: live.folder.path + "/server.pem", encoding: .utf8))
            #expect(renewed.expires > early + 300 * 86_400 && renewed.names.contains { $0.contains("kept.example") })
        }
    }

    @Test func anAuthorityThatHasEndedIsRefusedAndSaysSo() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            let long = Date() - 10 * 86_400
            let authority = try CertificateAuthority(commonName: "ended", now: long, lifetime: 86_400)
            let server = try authority.issueServer(names: ["127.0.0.1"], now: long, lifetime: 86_400)
            try authority.certificatePEM.write(toFile: folder.authorityPath, atomically: true, encoding: .utf8)
            try server.certificatePEM.write(toFile: folder.path + "/server.pem", atomically: true, encoding: .utf8)
            try SecretFile.write(Array(authority.keyPEM.utf8), to: folder.path + "/ca.key")
            try SecretFile.write(Array(server.keyPEM.utf8), to: folder.path + "/server.key")
            let error = try await #require(throws: CoordinatorError.self) { try await LiveCoordinator.serving(folder) { _ in } }
            #expect(error.kind == .configuration && error.message.contains("authority") && !error.remedy.isEmpty, "\(error)")
        }
    }

    @Test func aServerKeyThatOthersMayReadIsRefused() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            chmod(folder.path + "/server.key", 0o644)
            let error = try await #require(throws: CoordinatorError.self) { try await LiveCoordinator.serving(folder) { _ in } }
            #expect(error.kind == .configuration && error.description.contains("server.key") && error.description.contains("chmod"), "\(error)")
        }
    }

    @Test func aFolderListensOnTheLoopbackUnlessToldOtherwise() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:8443", names: [])
            let settings = try folder.settings()
            #expect(settings.listen.host == "127.0.0.1" && settings.localListen == nil)
        }
    }

    @Test func oneFolderHasOneCoordinator() async throws {
        try await LiveCoordinator.with { live in
            let error = try await #require(throws: CoordinatorError.self) { try await LiveCoordinator.serving(live.folder) { _ in } }
            #expect(error.message.contains("in use"))
            #expect(try await live.call(.GET, "/readyz").status == 200)
            // The one that failed has not taken the address of the one that runs.
            #expect(FileManager.default.fileExists(atPath: live.folder.runPath))
        }
    }
}
