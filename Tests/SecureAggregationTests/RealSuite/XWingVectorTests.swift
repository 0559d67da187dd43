import CryptoSuite
import SecureAggregation
import Testing
import Trust

/// X-Wing against its draft's first vector, and the protocol's messages with it against Python's. What Python sealed with eseeds of its
/// own opens here; the library draws its randomness itself, so the way back is a round trip.
@Suite struct XWingVectorTests {
    private let keys = CryptoSuite.system.keys
    private let suite = CryptoSuite.system
    private let vectors: ProtocolVectors

    init() throws { vectors = try ProtocolVectors("x_wing") }

    @Test func theDraftsFirstVector() throws {
        let kem = XWing.system
        let (seed, cipher, secret) = (try vectors["xwing_seed"], try vectors["xwing_ciphertext"], try vectors["xwing_secret"])
        #expect(try kem.publicKey(seed) == vectors["xwing_public"])
        #expect(kem.decapsulate(seed, cipher) == secret)
        #expect(hexadecimal(secret) == "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384")
        // Implicit rejection: another secret, and no error.
        for place in [0, 500, 1087, 1088, 1119] {
            var changed = cipher
            changed[place] ^= 1
            let other = kem.decapsulate(seed, changed)
            #expect(other != secret && other?.count == 32, "byte \(place)")
        }
        #expect(kem.decapsulate(seed, Array(cipher.dropLast())) == nil && kem.encapsulate(Array(cipher.prefix(1000))) == nil)
        let made = try #require(kem.encapsulate(try vectors["xwing_public"]))
        #expect(made.secret.count == 32 && made.encapsulated.count == XWing.encapsulatedBytes && kem.decapsulate(seed, made.encapsulated) == made.secret)
    }

    @Test func parametersAndAdverts() throws {
        let parameters = try RoundParameters(encoded: vectors["parameters"])
        #expect(try parameters.keyExchange == .xWing && parameters.encoded == vectors["parameters"])
        let list = try AdvertList(encoded: vectors["adverts"])
        #expect(try list.encoded == vectors["adverts"] && list.adverts[0].encoded == vectors["advert_0"])
        for (i, advert) in list.adverts.enumerated() {
            #expect(advert.maskKey == keys.hybrid.publicKey(fill(31 + i)) && advert.shareKey == keys.hybrid.publicKey(fill(41 + i)))
            #expect(keys.verify(keys.signingKey(fill(i + 1)), advert.signed(parameters: parameters.digest(suite)), advert.signature))
        }
        #expect(try KeySchedule.firstTranscript(parameters: parameters.digest(suite), adverts: list.root(suite), suite: suite) == vectors["transcript_1"])
    }

    @Test func aBundleWithEdges() throws {
        let (first, bundle) = (try vectors["transcript_1"], try ShareBundle(encoded: vectors["bundle"]))
        let digest = try vectors["bundle_digest"]
        #expect(try bundle.encoded == vectors["bundle"] && bundle.exchange == .xWing && bundle.digest(first: first, suite: suite) == digest)
        let holders = bundle.shares.map(\.holder)
        let selfShares = SecretSharing.split(fill(61), threshold: 2, holders: holders, entropy: fill(62), suite: suite)
        for (place, dealt) in bundle.shares.enumerated() {
            let opened = keys.hybrid.open(
                fill(41 + dealt.holder), keys.hybrid.publicKey(fill(41)), KeySchedule.sealingInfo(first: first),
                KeySchedule.sealingContext(dealer: 0, holder: dealt.holder, bundle: digest), dealt.sealed)
            #expect(opened.map { Array($0.prefix(40)) } == selfShares[place].bytes)
        }
        #expect(try bundle.edges.map { UInt8($0.member) } == vectors["edges_of_0"])
        let edge = try #require(bundle.edges.first)
        let secret = KeySchedule.edgeSecret(maskSecret: fill(31), lower: 0, higher: edge.member, first: first, suite: suite)
        #expect(try secret == vectors["edge_secret"])
        #expect(KeySchedule.edgeCommitment(secret: secret, lower: 0, higher: edge.member, first: first, suite: suite) == edge.commitment)
        #expect(open(edge.sealed, of: edge.member, first, digest) == secret)
        let delivery = try ShareDelivery(encoded: vectors["delivery"])
        #expect(try delivery.encoded == vectors["delivery"] && delivery.edges.map(\.sealed) == [edge.sealed] && delivery.items.isEmpty)
        let (own, other) = (keys.hybrid.publicKey(fill(31)), keys.hybrid.publicKey(fill(31 + edge.member)))
        for pair in [((0, own), (edge.member, other)), ((edge.member, other), (0, own))] {
            #expect(try KeySchedule.pairKey(agreed: secret, own: pair.0, other: pair.1, transcript: fill(151), suite: suite).bytes == vectors["pair_key"])
        }
    }

    private func open(_ sealed: [UInt8], of member: Int, _ first: [UInt8], _ digest: [UInt8]) -> [UInt8]? {
        keys.hybrid.open(
            fill(31 + member), keys.hybrid.publicKey(fill(31)), KeySchedule.edgeInfo(first: first),
            KeySchedule.sealingContext(dealer: 0, holder: member, bundle: digest), sealed)
    }

    /// Either half alone is not enough, and nothing may differ.
    @Test func whatDiffersDoesNotOpen() throws {
        let (first, digest, bundle) = (try vectors["transcript_1"], try vectors["bundle_digest"], try ShareBundle(encoded: vectors["bundle"]))
        let edge = try #require(bundle.edges.first)
        for place in [0, 700, 1119, 1120, 1151, 1152, 1199] {
            var sealed = edge.sealed
            sealed[place] ^= 1
            #expect(open(sealed, of: edge.member, first, digest) == nil, "byte \(place)")
        }
        #expect(open(edge.sealed, of: edge.member, digest, digest) == nil && open(edge.sealed, of: edge.member, first, first) == nil)
        #expect(open(edge.sealed, of: edge.member + 1, first, digest) == nil && open([], of: edge.member, first, digest) == nil)
    }
}
