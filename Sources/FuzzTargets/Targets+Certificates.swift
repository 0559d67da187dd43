internal import CryptoSuite
internal import Foundation
internal import Trust

extension FuzzTarget {
    static let certificates = [identity, csr]

    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let day = 86_400.0

    /// One authority for the whole run: to make one takes longer than to read a thousand requests.
    private static let authority = try? CertificateAuthority(commonName: "fuzz", now: now, lifetime: 1000 * day)

    private static func standing() throws -> CertificateAuthority {
        guard let authority else { throw FuzzFailure("no authority can be made") }
        return authority
    }

    static let csr = FuzzTarget(
        "csr", feeds: "certificate requests (PKCS #10), in PEM and in DER", maximumBytes: 2048,
        words: ["-----BEGIN CERTIFICATE REQUEST-----\n", "-----END CERTIFICATE REQUEST-----\n"],
        seeds: {
            let pem = try NodeKey().certificateRequestPEM(commonName: "node")
            return [Seed("pem", [0] + Array(pem.utf8)), Seed("der", [1] + bytes(pem: pem))]
        },
        check: { bytes in
            var input = Input(bytes)
            let text = input.byte() % 2 == 0 ? input.text : pem(input.bytes, "CERTIFICATE REQUEST")
            do {
                let issued = try standing().issueClient(certificateRequestPEM: text, tenant: "t", client: "c", now: now, lifetime: day)
                let identity = try PeerIdentity(verifying: Self.bytes(pem: issued.pem))
                try expect(identity.tenant == "t" && identity.client == "c", "a certificate in another's name")
                try expect(identity.fingerprint == issued.fingerprint && identity.serial == issued.serial, "a certificate that is not the one recorded")
                try expect(identity.expires <= now + day + 1, "a certificate that lives too long")
            } catch let error as TrustError { try expectShort(error) }
        })

    static let identity = FuzzTarget(
        "identity", feeds: "certificates: a client's, and a server's chain held against a pin", maximumBytes: 2048, share: 0.25,
        seeds: {
            let authority = try standing()
            let key = NodeKey()
            let client = try authority.issueClient(
                certificateRequestPEM: try key.certificateRequestPEM(commonName: "c"), tenant: "t", client: "c", now: now, lifetime: day)
            let server = try authority.issueServer(names: ["fed.example.org", "192.0.2.7"], key: key, now: now, lifetime: day)
            let root = bytes(pem: authority.certificatePEM)
            return [
                Seed("client", [0] + bytes(pem: client.pem)), Seed("root", [0] + root),
                Seed("chain", [1] + Input.part(bytes(pem: server.pem)) + Input.part(root)),
                Seed("alone", [1] + Input.part(root)), Seed("client-chain", [1] + Input.part(bytes(pem: client.pem)) + Input.part(root)),
            ]
        },
        check: { bytes in
            var input = Input(bytes)
            do {
                guard input.byte() % 2 == 1 else {
                    let identity = try PeerIdentity(verifying: input.bytes)
                    return try expect(PeerIdentity.isPart(identity.tenant) && PeerIdentity.isPart(identity.client), "a name that cannot stand in a path")
                }
                var chain: [[UInt8]] = []
                while !input.rest.isEmpty { chain.append(input.part()) }
                let pinned = CryptoSuite.system.sha256(chain.last ?? [])
                let pin = try AuthorityPin("sha256:" + hexadecimal(pinned))
                let found = try pin.authorityPEM(presented: chain, host: try HostName("fed.example.org"), now: now)
                try expect(Self.bytes(pem: found) == chain.last, "another authority than the pinned one")
            } catch let error as TrustError { try expectShort(error, atMost: 16 << 10) }
        })

    /// What stands between the two lines of a PEM text.
    private static func bytes(pem text: String) -> [UInt8] {
        let body = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        return [UInt8](Data(base64Encoded: body) ?? Data())
    }

    private static func pem(_ bytes: [UInt8], _ label: String) -> String {
        let body = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
    }
}
