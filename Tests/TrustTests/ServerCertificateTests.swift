import Foundation
import Testing
import Trust

@Suite("The server's own certificate at the start") struct ServerCertificateTests {
    private func refusal(_ body: () throws -> Void) -> TrustError? {
        do { try body() } catch let error as TrustError { return error } catch { Issue.record("untyped: \(error)") }
        return nil
    }

    @Test("Names and dates are read as they were issued")
    func read() throws {
        let pem = try authority().issueServer(names: ["fed.example.org", "192.0.2.7", "2001:db8::7"], now: noon, lifetime: 300 * day).certificatePEM
        let server = try ServerCertificate(pem: pem)
        #expect(server.names == ["fed.example.org", "192.0.2.7", "2001:db8::7"])
        #expect(server.begins == noon - 300 && server.expires == noon + 300 * day)
    }

    @Test("Renewal is due when two thirds of the life are over, after its end, and before its beginning")
    func due() throws {
        let server = try ServerCertificate(pem: try authority().issueServer(names: ["a"], now: noon, lifetime: 300 * day).certificatePEM)
        for (offset, due, valid) in [
            (-day, true, false), (0, false, true), (199 * day, false, true), (200 * day, true, true), (299 * day, true, true), (301 * day, true, false),
        ] {
            #expect(server.needsRenewal(at: noon + offset) == due, "\(offset / day) days")
            #expect(server.isValid(at: noon + offset) == valid, "\(offset / day) days")
        }
    }

    @Test("A certificate that is good stays; one that is due is replaced for the same names and key")
    func renewed() throws {
        let ca = try authority(lifetime: 3000 * day)
        let old = try ca.issueServer(names: ["fed.example.org", "127.0.0.1"], now: noon, lifetime: 300 * day)
        #expect(try ca.renewal(of: old.certificatePEM, keyPEM: old.keyPEM, now: noon + day, lifetime: 300 * day) == nil)
        for offset in [250 * day, 400 * day] {
            let new = try #require(try ca.renewal(of: old.certificatePEM, keyPEM: old.keyPEM, now: noon + offset, lifetime: 300 * day))
            #expect(new.expires == noon + offset + 300 * day)
            #expect(try ServerCertificate(pem: new.pem).names == ["fed.example.org", "127.0.0.1"])
            // The key on disk goes with it, and a client that pinned the authority takes it.
            _ = try serverTLS(certificatePEM: new.pem, keyPEM: old.keyPEM, authorityPEM: ca.certificatePEM, strictPostQuantum: false)
            _ = try AuthorityPin(ca.pin).authorityPEM(
                presented: [try der(new.pem), try der(ca.certificatePEM)], host: try HostName("fed.example.org"), now: noon + offset)
        }
    }

    @Test("An authority near its end does not renew for nothing, and one past it says so")
    func authorityEnds() throws {
        let ca = try authority(lifetime: 300 * day)
        let old = try ca.issueServer(names: ["a"], now: noon, lifetime: 300 * day)
        #expect(try ca.renewal(of: old.certificatePEM, keyPEM: old.keyPEM, now: noon + 250 * day, lifetime: 300 * day) == nil)
        let error = refusal { _ = try ca.renewal(of: old.certificatePEM, keyPEM: old.keyPEM, now: noon + 301 * day, lifetime: day) }
        guard case .authority = error else { Issue.record("\(String(describing: error))"); return }
    }

    @Test("What is not this authority's, not this key's or not a server's is not replaced")
    func refused() throws {
        let (ca, other) = (try authority("One"), try authority("One"))
        let old = try ca.issueServer(names: ["a"], now: noon, lifetime: day)
        let foreign = try other.issueServer(names: ["a"], now: noon, lifetime: day)
        let client = try ca.issueClient(
            certificateRequestPEM: try NodeKey(pem: old.keyPEM).certificateRequestPEM(commonName: "x"), tenant: "t", client: "c", now: noon, lifetime: day)
        let later = noon + 2 * day
        for (certificate, key) in [
            (foreign.certificatePEM, foreign.keyPEM), (old.certificatePEM, foreign.keyPEM), (client.pem, old.keyPEM), (ca.certificatePEM, ca.keyPEM),
            ("", old.keyPEM),
            (old.certificatePEM, "garbage"),
        ] {
            let error = refusal { _ = try ca.renewal(of: certificate, keyPEM: key, now: later, lifetime: day) }
            switch error {
            case .certificate, .key: break
            default: Issue.record("\(String(describing: error))")
            }
        }
    }
}
