import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

/// Every message has one encoding: what is cut, longer, of another kind or out of order is refused, and nothing traps.
@Suite struct MessageEncodingTests {
    private struct Kind: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        /// The encoding of what was decoded; throws where nothing was.
        var again: @Sendable ([UInt8]) throws -> [UInt8]
        var testDescription: String { name }
    }

    /// One of each, from a run in malicious mode.
    private static let kinds: [Kind] = {
        var numbers = Numbers(state: 1)
        func b(_ count: Int) -> [UInt8] { numbers.bytes(count) }
        let advert = Advert(index: 3, maskKey: b(32), shareKey: b(32), nonce: b(32), signature: b(64))
        var second = advert
        second.index = 9
        let bundle = ShareBundle(
            dealer: 3, seedCommitment: b(32),
            shares: [1, 2, 7].map { SealedShares(holder: $0, selfCommitment: b(32), maskCommitment: b(32), sealed: b(160)) })
        let delivery = ShareDelivery(
            [0, 5].map { ShareDelivery.Item(dealer: $0, bundle: b(32), selfCommitment: b(32), maskCommitment: b(32), sealed: b(160)) })
        let response = UnmaskResponse(
            holder: 4, transcript: b(32),
            items: [
                UnmaskResponse.Item(dealer: 1, kind: .selfSeed, share: b(40), salt: b(16)),
                UnmaskResponse.Item(dealer: 2, kind: .maskKey, share: b(40), salt: b(16)),
            ])
        let request = UnmaskRequest(
            transcript: b(32), survivors: [0, 1, 5], dropped: [2], signatures: [1, 5].map { SurvivorSignature(index: $0, signature: b(64)) })
        let confirmation = Confirmation([IndexedBytes(index: 1, bytes: b(32)), IndexedBytes(index: 2, bytes: b(32))])
        let record = ClientRecord(epoch: 1, round: 2, attempt: 3, partitionHash: b(32), signed: b(32), answered: [])
        var kinds = [
            Kind(name: "advert", bytes: advert.encoded, again: { try Advert(encoded: $0).encoded }),
            Kind(name: "adverts", bytes: AdvertList([advert, second]).encoded, again: { try AdvertList(encoded: $0).encoded }),
            Kind(name: "bundle", bytes: bundle.encoded, again: { try ShareBundle(encoded: $0).encoded }),
            Kind(name: "delivery", bytes: delivery.encoded, again: { try ShareDelivery(encoded: $0).encoded }),
            Kind(name: "receipt", bytes: ShareReceipt(holder: 3, complaints: [1, 4]).encoded, again: { try ShareReceipt(encoded: $0).encoded }),
            Kind(name: "confirmation", bytes: confirmation.encoded, again: { try Confirmation(encoded: $0).encoded }),
            Kind(name: "input", bytes: MaskedInput(index: 3, transcript: b(32)).encoded, again: { try MaskedInput(encoded: $0).encoded }),
            Kind(name: "survivors", bytes: SurvivorNotice(transcript: b(32), survivors: [0, 2]).encoded, again: { try SurvivorNotice(encoded: $0).encoded }),
            Kind(name: "signature", bytes: SurvivorSignature(index: 3, signature: b(64)).encoded, again: { try SurvivorSignature(encoded: $0).encoded }),
            Kind(name: "request", bytes: request.encoded, again: { try UnmaskRequest(encoded: $0).encoded }),
            Kind(name: "response", bytes: response.encoded, again: { try UnmaskResponse(encoded: $0).encoded }),
            Kind(name: "record", bytes: record.encoded, again: { try ClientRecord(encoded: $0).encoded }),
        ]
        var hybrid = advert
        (hybrid.maskKey, hybrid.shareKey) = (b(1248), b(1248))
        let dealt = ShareBundle(
            dealer: 3, seedCommitment: b(32),
            shares: [1, 2].map { SealedShares(holder: $0, selfCommitment: b(32), maskCommitment: b(32), sealed: b(1280)) }, exchange: .xWing,
            edges: [5, 8].map { SealedEdge(member: $0, commitment: b(32), sealed: b(1200)) })
        let told = ShareDelivery(
            [0].map { ShareDelivery.Item(dealer: $0, bundle: b(32), selfCommitment: b(32), maskCommitment: b(32), sealed: b(1280)) }, exchange: .xWing,
            edges: [0, 1].map { ShareDelivery.Edge(dealer: $0, bundle: b(32), commitment: b(32), sealed: b(1200)) })
        kinds += [
            Kind(name: "hybrid advert", bytes: hybrid.encoded, again: { try Advert(encoded: $0).encoded }),
            Kind(name: "hybrid adverts", bytes: AdvertList([hybrid]).encoded, again: { try AdvertList(encoded: $0).encoded }),
            Kind(name: "hybrid bundle", bytes: dealt.encoded, again: { try ShareBundle(encoded: $0).encoded }),
            Kind(name: "hybrid delivery", bytes: told.encoded, again: { try ShareDelivery(encoded: $0).encoded }),
            Kind(
                name: "hybrid receipt", bytes: ShareReceipt(holder: 3, complaints: [1, 4], exchange: .xWing, edges: [0, 2]).encoded,
                again: { try ShareReceipt(encoded: $0).encoded }),
            Kind(
                name: "hybrid confirmation",
                bytes: Confirmation(
                    confirmation.members, exchange: .xWing, void: [VoidEdge(lower: 0, higher: 2), VoidEdge(lower: 1, higher: 2)]
                ).encoded, again: { try Confirmation(encoded: $0).encoded }),
        ]
        if let world = try? World(members: 30, mode: .maliciousServer, seed: 1, suite: .simulated) {
            kinds.append(Kind(name: "parameters", bytes: world.parameters.encoded, again: { try RoundParameters(encoded: $0).encoded }))
            kinds.append(Kind(name: "roster", bytes: world.roster.encoded, again: { try Roster(encoded: $0).encoded }))
        }
        return kinds
    }()

    @Test func oneEncodingEach() throws {
        #expect(Self.kinds.count == 20)
        for kind in Self.kinds {
            #expect(try kind.again(kind.bytes) == kind.bytes, "\(kind.name)")
            for count in 0..<kind.bytes.count { #expect(throws: SecureAggregationError.self) { try kind.again(Array(kind.bytes.prefix(count))) } }
            #expect(throws: SecureAggregationError.malformed(field: "end")) { try kind.again(kind.bytes + [0]) }
            // One decoder reads both kinds of what has longer keys.
            for other in Self.kinds where other.name.replacing("hybrid ", with: "") != kind.name.replacing("hybrid ", with: "") {
                #expect(throws: SecureAggregationError.malformed(field: "kind")) { try kind.again(other.bytes) }
            }
            #expect(throws: SecureAggregationError.malformed(field: "version")) { try kind.again([2] + kind.bytes.dropFirst()) }
        }
    }

    /// Whatever is damaged is refused, or is the one encoding of something else.
    @Test func damage() {
        var numbers = Numbers(state: 3)
        for kind in Self.kinds {
            for _ in 0..<3000 {
                var bytes = kind.bytes
                for _ in 0...numbers.next(below: 3) { bytes[numbers.next(below: bytes.count)] = UInt8(numbers.next(below: 256)) }
                if let again = try? kind.again(bytes) { #expect(again == bytes, "\(kind.name)") }
            }
        }
    }

    /// A kind says how long its keys are: the other kind's bytes are not read as its own.
    @Test func keysOfAnotherExchangeAreNotReadAsTheirs() {
        for (name, from, to) in [("advert", 6, 24), ("adverts", 7, 25), ("bundle", 8, 26), ("delivery", 9, 27), ("receipt", 10, 29), ("confirmation", 11, 30)]
            as [(String, UInt8, UInt8)]
        {
            for kind in Self.kinds where kind.name == name || kind.name == "hybrid " + name {
                var bytes = kind.bytes
                bytes[1] = kind.name == name ? to : from
                #expect(throws: SecureAggregationError.self, "\(kind.name)") { _ = try kind.again(bytes) }
            }
        }
        // No list of nobody's keys has two encodings.
        #expect(throws: SecureAggregationError.self) { _ = try AdvertList(encoded: [1, 25, 0, 0, 0, 0]) }
    }

    /// A count of 2^32 - 1 allocates nothing.
    @Test func liesAboutLengths() {
        for kind in Self.kinds {
            for at in 2..<max(3, kind.bytes.count - 4) {
                var bytes = kind.bytes
                for i in 0..<4 { bytes[at + i] = 0xFF }
                _ = try? kind.again(bytes)
            }
        }
    }

    @Test func setsRise() {
        let doubled = ShareReceipt(holder: 3, complaints: [4, 4]).encoded
        let falling = SurvivorNotice(transcript: [UInt8](repeating: 0, count: 32), survivors: [2, 1]).encoded
        #expect(throws: SecureAggregationError.malformed(field: "complaints")) { try ShareReceipt(encoded: doubled) }
        #expect(throws: SecureAggregationError.malformed(field: "survivors")) { try SurvivorNotice(encoded: falling) }
        let far = ShareReceipt(holder: 10_000, complaints: []).encoded
        #expect(throws: SecureAggregationError.malformed(field: "holder")) { try ShareReceipt(encoded: far) }
    }
}
