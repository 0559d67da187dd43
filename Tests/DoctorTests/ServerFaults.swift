import Diagnosis
import Foundation
import NIOSSL
import Trust

extension Fault {
    private static func tls(_ place: Place, names: [String] = ["localhost", "127.0.0.1"], now: Date = Date(), lifetime: Double = day) throws -> TLSConfiguration
    {
        let authority = try place.authority()
        let server = try authority.issueServer(names: names, now: now, lifetime: lifetime)
        return try serverTLS(
            certificatePEM: server.certificatePEM, keyPEM: server.keyPEM, authorityPEM: authority.certificatePEM, strictPostQuantum: false)
    }

    /// A folder that says that this process is its coordinator, and what listens there instead. Both doctors look.
    private static func server(
        _ name: String, _ code: FindingCode, _ verdict: Finding.Verdict = .fail, remedy: String, node: String? = nil, _ answer: FakeServer.Answer = .init(),
        _ configuration: @escaping @Sendable (Place) throws -> TLSConfiguration = { try tls($0) }
    ) -> [Fault] {
        [
            Fault("server: " + name, code, verdict, remedy: remedy) {
                try await Place.made { place in
                    try await FakeServer.https(try configuration(place), answer) { port in
                        try place.says(port: port)
                        // No coordinator is there to know the key.
                        try FileManager.default.removeItem(atPath: place.path + "/admin.key")
                        return await place.examine().filter { $0.check != "admin.key" }
                    }
                }
            },
            Fault("node: " + name, code, verdict, remedy: node ?? remedy) {
                try await Place.made { place in
                    try await FakeServer.https(try configuration(place), answer) { port in
                        try await Node.made(try place.authority(), port: port) { await $0.examine() }
                    }
                }
            },
        ]
    }

    private static func listener(_ name: String, _ code: FindingCode, remedy: String, node: String? = nil, _ words: String?) -> [Fault] {
        [
            Fault("server: " + name, code, remedy: remedy) {
                try await Place.made { place in
                    try await FakeServer.plain(words) { port in
                        try place.says(port: port)
                        return await place.examine()
                    }
                }
            },
            Fault("node: " + name, code, remedy: node ?? remedy) {
                try await Place.made { place in
                    try await FakeServer.plain(words) { port in try await Node.made(try place.authority(), port: port) { await $0.examine() } }
                }
            },
        ]
    }

    static let servers: [Fault] =
        listener("a port that says nothing", .silent, remedy: "ss -ltnp", nil)
        + listener("a web server", .notACoordinator, remedy: "ss -ltnp", "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
        + listener("an SSH server", .notACoordinator, remedy: "ss -ltnp", "SSH-2.0-OpenSSH_9.6\r\n")
        + server("another service of the same authority", .notACoordinator, remedy: "ss -ltnp", .init(status: 404, body: "<html>"))
        + server("still starting", .coordinatorStarting, .warn, remedy: "/readyz", .init(status: 503, body: #"{"status":"starting"}"#))
        + server(
            "being stopped", .coordinatorDraining, .warn, remedy: "tutti-coordinator serve", node: "tutti-client run",
            .init(status: 503, body: #"{"status":"draining"}"#))
        + server("another authority", .foreignAuthority, remedy: "tutti-coordinator serve", node: "tutti-coordinator token create") { _ in
            let other = try CertificateAuthority(commonName: "Tutti coordinator CA", now: Date(), lifetime: day)
            let server = try other.issueServer(names: ["127.0.0.1"], now: Date(), lifetime: day)
            return try serverTLS(
                certificatePEM: server.certificatePEM, keyPEM: server.keyPEM, authorityPEM: other.certificatePEM, strictPostQuantum: false)
        }
        + server("another name in the certificate", .nameNotInCertificate, remedy: "tutti-coordinator init DIR --name") {
            try tls($0, names: ["other.example"])
        }
        + server("a certificate that has ended", .certificateExpired, remedy: "Restart the coordinator") { try tls($0, now: Date() - 200, lifetime: 1) }
        + server("a client's certificate", .serverCertificateUnusable, remedy: "tutti-co", node: "tutti-c") { place in
            let (authority, key) = (try place.authority(), NodeKey())
            let issued = try authority.issueClient(
                certificateRequestPEM: try key.certificateRequestPEM(commonName: "x"), tenant: "default", client: "c", now: Date(), lifetime: day)
            return try serverTLS(certificatePEM: issued.pem, keyPEM: key.pem, authorityPEM: authority.certificatePEM, strictPostQuantum: false)
        }
        + server("nothing newer than TLS 1.2", .tlsTooOld, remedy: "openssl s_client") { place in
            var old = try tls(place)
            (old.minimumTLSVersion, old.maximumTLSVersion) = (.tlsv12, .tlsv12)
            return old
        }
        + server("no key exchange in common", .handshakeFailed, remedy: "openssl s_client") { place in
            var other = try tls(place)
            other.curves = [.secp521r1]
            return other
        }
        + [
            Fault("server: a port that nobody listens on", .portClosed, remedy: "tutti-coordinator serve") {
                try await Place.made { place in
                    try place.says(port: try await FakeServer.closedPort())
                    return await place.examine()
                }
            },
            Fault("node: a port that nobody listens on", .portClosed, remedy: "tutti-coordinator serve") {
                try await Place.made { place in
                    try await Node.made(try place.authority(), port: try await FakeServer.closedPort()) { await $0.examine() }
                }
            },
            Fault("node: a clock an hour behind the coordinator's", .clockSkew, remedy: "timedatectl") {
                try await Place.made { place in
                    try await FakeServer.https(try tls(place), .init(body: #"{"status":"serving","sessions":[]}"#, clockOffset: 3600)) { port in
                        try await Node.made(try place.authority(), port: port) { await $0.examine() }
                    }
                }
            },
        ]
}
