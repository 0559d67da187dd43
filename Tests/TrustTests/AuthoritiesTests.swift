import CryptoSuite
import Foundation
import Testing
import Trust

@Suite("Replacing the authority") struct AuthoritiesTests {
    private func pair() throws -> (old: CertificateAuthority, new: CertificateAuthority) { (try authority("One"), try authority("Two")) }

    @Test("The signing authority comes first, and every step changes the digest")
    func steps() throws {
        let (old, new) = try pair()
        let steps = [Authorities(old), .prepared(old: old, new: new), .activated(old: old, new: new), Authorities(new)]
        #expect(steps.map(\.signing.pin) == [old.pin, old.pin, new.pin, new.pin])
        #expect(steps.map { $0.trusted.map(\.pin) } == [[old.pin], [old.pin, new.pin], [new.pin, old.pin], [new.pin]])
        #expect(Set(steps.map(\.bundleDigest)).count == 4)
        for step in steps {
            #expect(try Authorities.digest(bundlePEM: step.bundlePEM) == step.bundleDigest, "a node finds the same in its file")
            for one in step.trusted { #expect(step.trusts(authorityKey: one.keyIdentifier)) }
        }
        #expect(!steps[0].trusts(authorityKey: new.keyIdentifier) && !steps[3].trusts(authorityKey: old.keyIdentifier))
        #expect(!steps[3].trusts(authorityKey: []))
        #expect(steps.map { $0.new?.pin } == [nil, new.pin, new.pin, nil] && steps.map { $0.old?.pin } == [nil, old.pin, old.pin, nil])
    }

    private func taking(_ all: Authorities, _ step: AuthorityStep, named name: String) throws -> Authorities {
        try all.taking(step) { () throws(TrustError) in try CertificateAuthority(commonName: name, now: noon, lifetime: day) }
    }

    @Test("Every step at every time: done again it changes nothing, out of order it is refused")
    func order() throws {
        var all = Authorities(try authority("One"))
        for number in 0..<4 {
            for (index, step) in AuthorityStep.allCases.enumerated() {
                for other in AuthorityStep.allCases where other != step {
                    let wasDone = all.has(other)
                    #expect((all.refusal(of: other) == nil) == wasDone, "\(other) when \(all.phase)")
                    #expect(try taking(all, other, named: "Wrong").bundleDigest == all.bundleDigest)
                }
                #expect(all.refusal(of: step) == nil && !all.has(step))
                #expect(all.next == (index == 0 ? nil : step))
                all = try taking(all, step, named: "CA \(number)")
                #expect(all.has(step) && all.refusal(of: step) == nil)
                #expect(try taking(all, step, named: "made twice").bundleDigest == all.bundleDigest)
            }
        }
        #expect(all.phase == .steady)
    }

    @Test("A client's certificate says which authority signed it")
    func signer() throws {
        let (old, new) = try pair()
        for one in [old, new] {
            let request = try NodeKey().certificateRequestPEM(commonName: "x")
            let issued = try one.issueClient(certificateRequestPEM: request, tenant: "t", client: "c", now: noon, lifetime: day)
            #expect(try PeerIdentity(verifying: try der(issued.pem)).authorityKey == one.keyIdentifier)
        }
    }

    @Test("Of several certificates the key's is taken")
    func bundle() throws {
        let (old, new) = try pair()
        let both = Authorities.activated(old: old, new: new).bundlePEM
        #expect(try CertificateAuthority(bundlePEM: both, keyPEM: old.keyPEM).pin == old.pin)
        #expect(try CertificateAuthority(bundlePEM: both, keyPEM: new.keyPEM).pin == new.pin)
        let third = try authority("Three")
        #expect(throws: TrustError.self) { try CertificateAuthority(bundlePEM: both, keyPEM: third.keyPEM) }
        for text in ["", "nonsense", both + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", String(repeating: old.certificatePEM, count: 9)] {
            #expect(throws: TrustError.self) { try CertificateAuthority(bundlePEM: text, keyPEM: old.keyPEM) }
            #expect(throws: TrustError.self) { try Authorities.digest(bundlePEM: text) }
        }
    }

    @Test("The server's certificate of the old authority is replaced at once, a stranger's is not")
    func server() throws {
        let (old, new) = try pair()
        let present = try old.issueServer(names: ["a.example", "127.0.0.1"], now: noon, lifetime: 100 * day)
        let issued = try #require(
            try new.renewal(of: present.certificatePEM, keyPEM: present.keyPEM, now: noon + day, lifetime: 50 * day, replacing: [old]))
        #expect(try ServerCertificate(pem: issued.pem).names == ["a.example", "127.0.0.1"])
        // The pin that is right is the signer's; the other authority in the chain does not make up for it.
        let chain = [try der(issued.pem), try der(new.certificatePEM), try der(old.certificatePEM)]
        let host = try HostName("a.example")
        #expect(try AuthorityPin(new.pin).authorityPEM(presented: chain, host: host, now: noon + day) == new.certificatePEM)
        #expect(throws: TrustError.serverCertificate(host: "a.example", problem: "the pinned authority did not sign it")) {
            try AuthorityPin(old.pin).authorityPEM(presented: chain, host: host, now: noon + day)
        }
        let third = try authority("Three")
        #expect(throws: TrustError.self) {
            try third.renewal(of: present.certificatePEM, keyPEM: present.keyPEM, now: noon + day, lifetime: day, replacing: [new])
        }
    }

    /// Every signer, every pin, every order of the chain, at every time: taken is what the pinned authority signed and shows.
    @Test("During a replacement a pin is good for what its own authority signed, and for nothing else")
    func everyChain() throws {
        let all = [try authority("One"), try authority("Two"), try authority("Foreign"), try authority("One", lifetime: 10 * day)]
        let host = try HostName("a.example")
        let random = Counter(25)
        var taken = 0
        for (signer, one) in all.enumerated() {
            let leaf = try der(try one.issueServer(names: ["a.example"], now: noon, lifetime: 20 * day).certificatePEM)
            for (pinned, other) in all.enumerated() {
                for _ in 0..<40 {
                    let shown = all.indices.filter { _ in random.next(below: 3) > 0 }.sorted { _, _ in random.next(below: 2) == 0 }
                    let now = noon + Double(random.next(below: 30)) * day
                    let chain = [leaf] + (try shown.map { try der(all[$0].certificatePEM) })
                    let isGood = signer == pinned && shown.contains(pinned) && now <= min(noon + 20 * day, one.expires)
                    let found = try? AuthorityPin(other.pin).authorityPEM(presented: chain, host: host, now: now)
                    #expect((found == other.certificatePEM) == isGood, "signed by \(signer), pinned \(pinned), shown \(shown), \(now)")
                    taken += isGood ? 1 : 0
                }
            }
        }
        #expect(taken > 20, "\(taken)")
    }

    @Test("A life is counted from when the certificate was made, also one of seconds")
    func life() throws {
        let issued = try authority().issueClient(
            certificateRequestPEM: try NodeKey().certificateRequestPEM(commonName: "x"), tenant: "t", client: "c", now: noon, lifetime: 10)
        let life = try CertificateLife(pem: issued.pem)
        #expect(life == CertificateLife(issued: noon, ends: noon + 10))
        #expect(!life.isOver(0.5, at: noon + 4) && life.isOver(0.5, at: noon + 5) && life.isOver(0.5, at: noon + 11))
        #expect(CertificateLife(begins: noon, ends: noon + 7).issued == noon + 7, "never after its end")
        #expect(throws: TrustError.self) { try CertificateLife(pem: "nonsense") }
    }
}
