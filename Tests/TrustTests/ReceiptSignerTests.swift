import Foundation
import Testing
import Trust

/// One purpose each: what signs receipts is no server and no client, and they sign no receipts.
@Suite struct ReceiptSignerTests {
    private let authority: CertificateAuthority
    private let signer: DocumentSigner

    init() throws {
        authority = try TrustTests.authority()
        signer = try authority.documentSigner(try DocumentSubject(tenant: "default", session: "fl-session-1"), now: noon)
    }

    private func refused(_ chain: [[UInt8]], at now: Date = noon) -> Bool {
        (try? DocumentSignerChain(chain, anchor: .authorities(authority.certificatePEM), signedAt: now)) == nil
    }

    @Test func aSignerSignsItsSession() throws {
        let chain = try DocumentSignerChain(signer.chain, anchor: .pin(try AuthorityPin(authority.pin)), signedAt: noon)
        #expect(chain.subject.tenant == "default" && chain.subject.session == "fl-session-1" && chain.pin == authority.pin)
        let signature = try signer.sign([1, 2, 3])
        #expect(signature.count == 64 && chain.isSignature(signature, of: [1, 2, 3]))
        #expect(!chain.isSignature(signature, of: [1, 2, 4]) && !chain.isSignature([], of: [1, 2, 3]) && !chain.isSignature(signature + [0], of: [1, 2, 3]))
        #expect(refused(signer.chain, at: noon + 3600) && refused(signer.chain, at: noon - 3600) && refused([]) && refused([[1], [2]]))
    }

    @Test func aSignerIsNeitherServerNorClient() throws {
        #expect(PeerIdentity(certificateDER: signer.chain[0]) == nil)
        #expect(throws: TrustError.self) { try ServerCertificate(pem: pem("CERTIFICATE", signer.chain[0])) }
        #expect(throws: TrustError.self) {
            try AuthorityPin(authority.pin).authorityPEM(presented: signer.chain, host: try HostName("localhost"), now: noon)
        }
        #expect(try !CertificateFacts(der: signer.chain[0]).isForServers)
    }

    @Test func serversAndClientsSignNoReceipts() throws {
        let root = signer.chain[1]
        let server = try authority.issueServer(names: ["localhost"], now: noon, lifetime: day)
        let client = try authority.issueClient(
            certificateRequestPEM: try NodeKey().certificateRequestPEM(commonName: "x"), tenant: "default", client: "fl-session-1", now: noon, lifetime: day)
        for leaf in [try der(server.certificatePEM), try der(client.pem), root] { #expect(refused([leaf, root])) }
        let other = try TrustTests.authority("Another CA")
        #expect(refused([signer.chain[0], try der(other.certificatePEM)]))
        #expect(throws: TrustError.self) { try DocumentSubject(tenant: "default", session: "a/b") }
    }

    @Test func aHeadsSignerIsForItsTenantsAudit() throws {
        let subject = try DocumentSubject(auditOf: "default")
        let chain = try DocumentSignerChain(
            try authority.documentSigner(subject, now: noon).chain, anchor: .pin(try AuthorityPin(authority.pin)), signedAt: noon)
        #expect(chain.subject == subject && chain.subject.kind == .audit && chain.subject.session == nil)
        #expect(try subject != DocumentSubject(auditOf: "other") && subject != DocumentSubject(tenant: "default", session: "audit"))
        #expect(throws: TrustError.self) { try DocumentSubject(auditOf: "a/b") }
    }
}
