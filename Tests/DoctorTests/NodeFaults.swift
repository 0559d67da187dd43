import ClientNode
import Diagnosis
import Foundation
import Learning
import NIOHTTP1
import StrictJSON
import Trust

extension Fault {
    /// A node beside something that answers as its coordinator, with one thing wrong at the node.
    private static func node(
        _ name: String, _ code: FindingCode, _ verdict: Finding.Verdict = .fail, remedy: String, age: Double = 0, lifetime: Double = 30 * day,
        _ inject: @escaping @Sendable (Node) throws -> Void = { _ in }
    ) -> Fault {
        Fault("node: " + name, code, verdict, remedy: remedy) {
            try await Place.made { place in
                let authority = try place.authority()
                let server = try authority.issueServer(names: ["127.0.0.1"], now: Date(), lifetime: day)
                let tls = try serverTLS(
                    certificatePEM: server.certificatePEM, keyPEM: server.keyPEM, authorityPEM: authority.certificatePEM, strictPostQuantum: false)
                return try await FakeServer.https(tls, .init(body: #"{"status":"serving","sessions":[]}"#)) { port in
                    try await Node.made(authority, port: port, issued: Date() - age, lifetime: lifetime) { node in
                        try inject(node)
                        return await node.examine()
                    }
                }
            }
        }
    }

    static let nodes: [Fault] = [
        node("no folder", .folderMissing, remedy: "tutti-client join") { try FileManager.default.removeItem(atPath: $0.path) },
        node("not enrolled", .notEnrolled, remedy: "tutti-client join") { try FileManager.default.removeItem(atPath: $0.identity) },
        node("its card is damaged", .identityDamaged, remedy: "tutti-client join") { try $0.write("{}", to: $0.identity + "/node.json") },
        node("its identity is open to others", .folderExposed, remedy: "chmod 700") { chmod($0.identity, 0o750) },
        node("its key is open to others", .keyExposed, remedy: "chmod 600") { chmod($0.identity + "/client.key", 0o640) },
        node("its key is gone", .fileMissing, remedy: "tutti-client join") { try FileManager.default.removeItem(atPath: $0.identity + "/client.key") },
        node("its key is no key", .keyDamaged, remedy: "tutti-client join") { try $0.write("nonsense", to: $0.identity + "/client.key") },
        node("its key is another's", .keyMismatch, remedy: "tutti-client join") { try $0.write(NodeKey().pem, to: $0.identity + "/client.key") },
        node("its certificate is damaged", .certificateDamaged, remedy: "tutti-client join") { try $0.write("", to: $0.identity + "/client.pem") },
        node("its certificate has ended", .certificateExpired, remedy: "tutti-client join", age: 200, lifetime: 1),
        node("its certificate is about to end", .certificateEndsSoon, .warn, remedy: "tutti-client renew", age: 200, lifetime: 260),
        node("its certificate is of another authority", .foreignCertificate, remedy: "tutti-client join") { node in
            let other = try CertificateAuthority(commonName: "Tutti coordinator CA", now: Date(), lifetime: day)
            let request = try NodeKey.load(from: node.identity + "/client.key").certificateRequestPEM(commonName: "x")
            let issued = try other.issueClient(certificateRequestPEM: request, tenant: "default", client: "client-01", now: Date(), lifetime: day)
            try node.write(issued.pem, to: node.identity + "/client.pem")
        },
        node("a setting that there is not", .settingsUnreadable, remedy: "tutti-client config show") {
            try $0.write("[policy]\nmin_cohrt = 2\n", to: $0.path + "/client.toml")
        },
        node("its member key is cut off", .memberKeyDamaged, remedy: "member.key") { try $0.write("short", to: MemberKey.path($0.path)) },
        node("the members' keys are nowhere", .pinsUnusable, remedy: "tutti-client identity show") {
            try $0.write("[secure_aggregation]\npinned_keys = \"roster.toml\"\n", to: $0.path + "/client.toml")
        },
        node("its account of privacy is damaged", .ledgerDamaged, remedy: "backup") { try $0.write("nonsense", to: $0.path + "/privacy.ledger") },
        Fault("node: a coordinator's name that nobody knows", .hostUnknown, remedy: "getent hosts") {
            // RFC 6761 §6.4: there is no such name.
            try await Place.made { place in
                try await Node.made(try place.authority(), port: 8443, host: "coordinator.invalid") { await $0.examine() }
            }
        },
        rows("no such file", .dataSetUnreadable, remedy: "--dataset", nil, label: .last),
        rows("a word among numbers", .dataSetUnreadable, remedy: "tutti-client run --help", "a,b,y\n1,2,0\n1,x,1\n", label: .name("y")),
        rows("no such label", .labelMissing, remedy: "--label", "a,b,y\n1,2,0\n3,4,1\n", label: .name("diagnosis")),
    ]

    private static func rows(_ name: String, _ code: FindingCode, remedy: String, _ content: String?, label: LabelColumn) -> Fault {
        Fault("rows: " + name, code, remedy: remedy) {
            try await withTemporaryFolder { path in
                if let content { try Data(content.utf8).write(to: URL(fileURLWithPath: path + "/rows.csv")) }
                var options = CSVOptions()
                options.label = label
                return [ClientDoctor.rows(LocalDataOptions(path: path + "/rows.csv", csv: options, partition: nil))]
            }
        }
    }

    // MARK: With a real coordinator

    /// A node that a running coordinator has enrolled.
    static func enrolled<Value: Sendable>(_ live: LiveCoordinator, _ work: (Node) async throws -> Value) async throws -> Value {
        let (certificate, key) = try await live.enrol("client-01")
        return try await Node.made(certificate, key, live.authority, live.url, work)
    }

    static let live: [Fault] = [
        Fault("server: another folder's administrator", .adminKeyRejected, remedy: "admin.key") {
            try await LiveCoordinator.with { live in
                try await Place.made { other in
                    let place = Place(folder: live.folder)
                    try place.write(try String(contentsOfFile: other.path + "/admin.key", encoding: .utf8), to: "admin.key")
                    return await place.examine()
                }
            }
        },
        Fault("server: a clock ten minutes ahead", .clockSkew, remedy: "timedatectl") {
            try await LiveCoordinator.with { live in await Place(folder: live.folder).examine(clock: 600) }
        },
        Fault("node: revoked", .nodeRevoked, remedy: "tutti-client join") {
            try await LiveCoordinator.with { live in
                try await enrolled(live) { node in
                    _ = try await live.admin(.POST, "/api/v4/nodes/client-01/revoke")
                    return await node.examine()
                }
            }
        },
        Fault("node: its owner allows no session there is", .sessionsRefusedByPolicy, .warn, remedy: "policy.sessions") {
            try await LiveCoordinator.with { live in
                _ = try await live.session()
                return try await enrolled(live) { node in
                    try node.write("[policy]\nsessions = [\"fl-session-other\"]\n", to: node.path + "/client.toml")
                    return await node.examine()
                }
            }
        },
    ]
}
