import Foundation
import NIOSSL
import Testing
import Trust

@Suite("TLS against OpenSSL's client", .timeLimit(.minutes(2))) struct OpenSSLInteropTests {
    private func connect(_ port: Int, _ folder: String, _ extra: [String] = [], brief: Bool = false) async throws -> Outcome {
        try await openssl(
            [
                "s_client", "-connect", "127.0.0.1:\(port)", "-servername", "localhost", "-CAfile", folder + "/ca.pem", "-verify_return_error",
                "-verify_hostname", "localhost",
            ]
                + (brief ? ["-brief", "-ign_eof"] : ["-quiet", "-ign_eof"]) + extra)
    }

    private func write(_ client: (certificatePEM: String, keyPEM: String), _ folder: String) throws -> [String] {
        try client.certificatePEM.write(toFile: folder + "/client.pem", atomically: true, encoding: .utf8)
        try SecretFile.write(Array(client.keyPEM.utf8), to: folder + "/client.key")
        return ["-cert", folder + "/client.pem", "-key", folder + "/client.key"]
    }

    private func with(_ site: Site, strict: Bool = false, _ body: (Int, String) async throws -> Void) async throws {
        try await withFolder { folder in
            try site.authority.certificatePEM.write(toFile: folder + "/ca.pem", atomically: true, encoding: .utf8)
            try await NameServer.running(try site.settings(strict: strict)) { port in try await body(port, folder) }
        }
    }

    @Test("TLS 1.3 is negotiated, X25519 where the post-quantum hybrid is not offered, the CA named to the client")
    func modern() async throws {
        let site = try Site()
        try await with(site) { port, folder in
            let brief = try await connect(port, folder, brief: true)
            #expect(brief.output.contains("Protocol version: TLSv1.3"), "\(brief.output)")
            #expect(brief.output.contains("Server Temp Key: X25519"), "\(brief.output)")
            #expect(brief.output.contains("Verification: OK"), "\(brief.output)")
            #expect(brief.output.contains("peer none"), "\(brief.output)")
            let full = try await openssl(["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", folder + "/ca.pem", "-ign_eof"])
            #expect(full.output.contains("Acceptable client certificate CA names\nCN = Live CA"), "\(full.output)")
        }
    }

    @Test("Nothing below TLS 1.3", arguments: ["-tls1_2", "-tls1_1", "-tls1"])
    func old(version: String) async throws {
        let site = try Site()
        try await with(site) { port, folder in
            // Security level 0: it must be the server that refuses, not the client.
            let outcome = try await connect(port, folder, [version, "-cipher", "DEFAULT:@SECLEVEL=0"])
            #expect(outcome.status != 0 && !outcome.output.contains("peer "), "\(outcome.output)")
            #expect(outcome.output.contains("alert protocol version"), "\(outcome.output)")
        }
    }

    @Test("Curves that are not ours are refused", arguments: ["P-256", "P-521", "X448"])
    func otherCurves(group: String) async throws {
        let site = try Site()
        try await with(site) { port, folder in
            let outcome = try await connect(port, folder, ["-groups", group])
            #expect(outcome.status != 0 && !outcome.output.contains("peer "), "\(outcome.output)")
        }
    }

    @Test("A restricted server takes nobody without the hybrid")
    func restricted() async throws {
        let site = try Site()
        try await with(site, strict: true) { port, folder in
            let outcome = try await connect(port, folder, ["-groups", "X25519"])
            #expect(outcome.status != 0 && !outcome.output.contains("peer "), "\(outcome.output)")
        }
    }

    @Test("A client certificate of ours is the client's name")
    func ours() async throws {
        let site = try Site()
        try await with(site) { port, folder in
            let outcome = try await connect(port, folder, try write(try site.client(), folder))
            #expect(outcome.output.contains("peer default/client-01"), "\(outcome.output)")
        }
    }

    @Test("A resumed session is the same client's")
    func resumed() async throws {
        let site = try Site()
        try await with(site) { port, folder in
            let certificate = try write(try site.client(), folder)
            let first = try await connect(port, folder, certificate + ["-sess_out", folder + "/session"])
            #expect(first.output.contains("peer default/client-01"), "\(first.output)")
            let second = try await connect(port, folder, certificate + ["-sess_in", folder + "/session"])
            #expect(second.output.contains("peer default/client-01"), "\(second.output)")
        }
    }

    @Test("A client certificate of a foreign CA of the same name is refused")
    func foreign() async throws {
        let (site, other) = (try Site("Live CA"), try Site("Live CA"))
        try await with(site) { port, folder in
            let outcome = try await connect(port, folder, try write(try other.client(), folder))
            #expect(outcome.status != 0 && !outcome.output.contains("peer "), "\(outcome.output)")
            #expect(outcome.output.contains("alert"), "\(outcome.output)")
        }
    }

    @Test("An expired client certificate is refused")
    func expired() async throws {
        let site = try SiteWithPast()
        try await with(site.site) { port, folder in
            let outcome = try await connect(port, folder, try write(site.expired, folder))
            #expect(outcome.status != 0 && !outcome.output.contains("peer "), "\(outcome.output)")
            #expect(outcome.output.contains("alert certificate expired"), "\(outcome.output)")
        }
    }

    @Test("A server's certificate does not make a client")
    func serverAsClient() async throws {
        let site = try Site()
        try await with(site) { port, folder in
            let outcome = try await connect(port, folder, try write(site.server, folder))
            #expect(outcome.status != 0 && !outcome.output.contains("peer "), "\(outcome.output)")
        }
    }

    @Test("OpenSSL verifies the certificates this authority issues, names and all")
    func verification() async throws {
        let site = try Site()
        try await withFolder { folder in
            try site.authority.certificatePEM.write(toFile: folder + "/ca.pem", atomically: true, encoding: .utf8)
            try site.server.certificatePEM.write(toFile: folder + "/server.pem", atomically: true, encoding: .utf8)
            try site.client().certificatePEM.write(toFile: folder + "/client.pem", atomically: true, encoding: .utf8)
            for (purpose, file, extra) in [
                ("sslserver", "server.pem", ["-verify_hostname", "localhost"]), ("sslserver", "server.pem", ["-verify_ip", "127.0.0.1"]),
                ("sslclient", "client.pem", []),
            ] {
                let outcome = try await openssl(["verify", "-x509_strict", "-purpose", purpose, "-CAfile", folder + "/ca.pem"] + extra + [folder + "/" + file])
                #expect(outcome.status == 0, "\(outcome.output)")
            }
            let wrong = try await openssl(["verify", "-purpose", "sslclient", "-CAfile", folder + "/ca.pem", folder + "/server.pem"])
            #expect(wrong.status != 0)
        }
    }

    @Test("A request made by OpenSSL is issued")
    func request() async throws {
        let site = try Site()
        try await withFolder { folder in
            let made = try await openssl([
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", folder + "/k.pem", "-out", folder + "/r.pem",
                "-subj",
                "/CN=anything",
            ])
            #expect(made.status == 0, "\(made.output)")
            let request = try String(contentsOfFile: folder + "/r.pem", encoding: .utf8)
            let issued = try site.authority.issueClient(certificateRequestPEM: request, tenant: "default", client: "lab-7", now: Date(), lifetime: day)
            #expect(try PeerIdentity(verifying: try der(issued.pem)).client == "lab-7")
        }
    }
}

/// An authority that is old enough to have a client whose certificate has expired.
private struct SiteWithPast {
    let site: Site
    let expired: (certificatePEM: String, keyPEM: String)

    init() throws {
        let past = Date() - 30 * day
        let ca = try CertificateAuthority(commonName: "Live CA", now: past, lifetime: 365 * day)
        site = Site(authority: ca, server: try ca.issueServer(names: ["localhost"], now: Date(), lifetime: day))
        expired = try site.client(now: past, lifetime: day)
    }
}

@Suite("TLS between our own ends", .timeLimit(.minutes(2))) struct OwnTLSTests {
    @Test("A client that offers X25519MLKEM768 alone completes, with either server", arguments: [false, true])
    func postQuantum(strict: Bool) async throws {
        let site = try Site()
        let client = try site.client()
        try await NameServer.running(try site.settings(strict: strict)) { port in
            let settings = try clientTLS(authorityPEM: site.authority.certificatePEM, certificatePEM: client.certificatePEM, keyPEM: client.keyPEM)
            #expect(settings.curves == [.x25519_MLKEM768])
            #expect(try await ask(port, settings) == "peer default/client-01\n")
            #expect(try await ask(port, try clientTLS(authorityPEM: site.authority.certificatePEM)) == "peer none\n")
        }
    }

    @Test("Without it, X25519 serves where the server allows it")
    func classical() async throws {
        let site = try Site()
        var settings = try clientTLS(authorityPEM: site.authority.certificatePEM, postQuantumOnly: false)
        #expect(settings.curves == [.x25519_MLKEM768, .x25519])
        settings.curves = [.x25519]
        try await NameServer.running(try site.settings()) { port in
            let answer = try await ask(port, settings)
            #expect(answer == "peer none\n")
        }
        try await NameServer.running(try site.settings(strict: true)) { port in
            await #expect(throws: (any Error).self) { try await ask(port, settings) }
        }
    }

    /// NIOSSL takes a certificate that names the address even when another host name was asked for: whoever holds it was
    /// given that address by the authority. So each server here has one name only.
    @Test("The server is taken under its name or its address, and under no other", arguments: [["localhost"], ["127.0.0.1"]])
    func names(names: [String]) async throws {
        let ca = try authority(now: Date())
        let site = Site(authority: ca, server: try ca.issueServer(names: names, now: Date(), lifetime: day))
        let settings = try clientTLS(authorityPEM: ca.certificatePEM)
        try await NameServer.running(try site.settings()) { port in
            let byName = names == ["localhost"]
            let (right, wrong) = byName ? ("localhost", "elsewhere.example") : (nil, nil)
            let answer = try await ask(port, settings, serverName: right)
            #expect(answer == "peer none\n")
            await #expect(throws: (any Error).self) {
                try await ask(port, settings, serverName: wrong, host: byName ? "127.0.0.1" : "127.0.0.2")
            }
        }
    }

    @Test("A foreign server, a foreign client, an expired client")
    func strangers() async throws {
        let (past, other) = (try SiteWithPast(), try Site("Live CA"))
        let site = past.site
        try await NameServer.running(try site.settings()) { port in
            await #expect(throws: (any Error).self) { try await ask(port, try clientTLS(authorityPEM: other.authority.certificatePEM)) }
            for client in [try other.client(), past.expired] {
                let settings = try clientTLS(authorityPEM: site.authority.certificatePEM, certificatePEM: client.certificatePEM, keyPEM: client.keyPEM)
                await #expect(throws: (any Error).self) { try await ask(port, settings) }
            }
        }
    }

    @Test("Two authorities during a roll: clients of both are taken")
    func roll() async throws {
        let (old, new) = (try Site("Old"), try Site("New"))
        let settings = try serverTLS(
            certificatePEM: new.server.certificatePEM, keyPEM: new.server.keyPEM,
            authorityPEM: new.authority.certificatePEM + old.authority.certificatePEM, strictPostQuantum: false)
        try await NameServer.running(settings) { port in
            for site in [old, new] {
                let client = try site.client()
                let settings = try clientTLS(
                    authorityPEM: old.authority.certificatePEM + new.authority.certificatePEM, certificatePEM: client.certificatePEM, keyPEM: client.keyPEM)
                #expect(try await ask(port, settings) == "peer default/client-01\n")
            }
        }
    }

    @Test("Settings that cannot work are refused when they are made")
    func unusable() throws {
        let (site, other) = (try Site(), try Site())
        for (certificate, key, authority) in [
            (site.server.certificatePEM, other.server.keyPEM, site.authority.certificatePEM), ("", site.server.keyPEM, site.authority.certificatePEM),
            (site.server.certificatePEM, "", site.authority.certificatePEM), (site.server.certificatePEM, site.server.keyPEM, ""),
            (site.server.certificatePEM, site.server.keyPEM, "garbage"), (site.server.keyPEM, site.server.certificatePEM, site.authority.certificatePEM),
        ] {
            #expect {
                try serverTLS(certificatePEM: certificate, keyPEM: key, authorityPEM: authority, strictPostQuantum: false)
            } throws: { if case TrustError.tls? = $0 as? TrustError { true } else { false } }
        }
        #expect { try clientTLS(authorityPEM: site.authority.certificatePEM, certificatePEM: site.server.certificatePEM) } throws: {
            if case TrustError.tls? = $0 as? TrustError { true } else { false }
        }
    }
}

extension Site {
    init(authority: CertificateAuthority, server: (certificatePEM: String, keyPEM: String)) {
        self.authority = authority
        self.server = server
    }
}
