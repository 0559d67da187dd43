package import CryptoSuite

/// How members seal to one another, and come to the secrets of their masks.
package enum KeyExchange: UInt8, Sendable, Equatable, CaseIterable {
    /// X25519: two members' secret is that of their keys.
    case x25519 = 1
    /// X25519 with X-Wing, for what is recorded today and may be read by a quantum computer: the lower member of an edge draws its
    /// secret and seals it to the higher one.
    case xWing = 2

    /// As sessions name it.
    package var name: String {
        switch self {
        case .x25519: "x25519"
        case .xWing: "x_wing"
        }
    }

    package func sealing(_ suite: CryptoSuite) -> SealingSuite {
        switch self {
        case .x25519: suite.keys.classical
        case .xWing: suite.keys.hybrid
        }
    }

    /// Bytes of a public key, and what sealing adds.
    private var bytes: (key: Int, overhead: Int) {
        switch self {
        case .x25519: SealingSuite.classicalBytes
        case .xWing: SealingSuite.hybridBytes
        }
    }

    package var keyBytes: Int { bytes.key }
    /// Two shares and their salts, sealed: 160 or 1,280 bytes.
    package var sealedSharesBytes: Int { 2 * (Share.byteCount + 16) + bytes.overhead }
    /// The secret of an edge, sealed: 1,200 bytes.
    package var sealedEdgeBytes: Int { KeySchedule.edgeSecretBytes + bytes.overhead }
}

extension MessageKind {
    /// The kind of a message with keys of this exchange: what is longer is another kind.
    func with(_ exchange: KeyExchange) -> MessageKind {
        guard exchange == .xWing else { return self }
        switch self {
        case .advert: return .hybridAdvert
        case .adverts: return .hybridAdverts
        case .shareBundle: return .hybridShareBundle
        case .shareDelivery: return .hybridShareDelivery
        case .sealedAttempt: return .hybridSealedAttempt
        case .shareReceipt: return .hybridShareReceipt
        case .confirmation: return .hybridConfirmation
        default: return self
        }
    }

    /// The kind without its exchange: what a receiver tells messages apart by.
    package var plain: MessageKind {
        switch self {
        case .hybridAdvert: .advert
        case .hybridAdverts: .adverts
        case .hybridShareBundle: .shareBundle
        case .hybridShareDelivery: .shareDelivery
        case .hybridSealedAttempt: .sealedAttempt
        case .hybridShareReceipt: .shareReceipt
        case .hybridConfirmation: .confirmation
        default: self
        }
    }
}

extension CanonicalReader {
    /// - Parameter kind: without its exchange, which is read.
    static func exchanging(_ bytes: [UInt8], _ kind: MessageKind) throws(SecureAggregationError) -> (CanonicalReader, KeyExchange) {
        let exchange: KeyExchange = MessageKind(of: bytes) == kind.with(.xWing) ? .xWing : .x25519
        return (try CanonicalReader(bytes, kind.with(exchange)), exchange)
    }
}

/// The secret of an edge of the mask graph, from its lower member to its higher one (X-Wing).
package struct SealedEdge: Equatable, Sendable {
    /// The higher member.
    package var member: Int
    /// H(context, secret).
    package var commitment: [UInt8]
    package var sealed: [UInt8]

    package init(member: Int, commitment: [UInt8], sealed: [UInt8]) {
        self.member = member
        self.commitment = commitment
        self.sealed = sealed
    }
}

/// An edge that its higher member could not open: the two add no mask of each other's. Only who complains loses by it, and whoever
/// deals what does not open: between two honest members there is none.
package struct VoidEdge: Equatable, Hashable, Sendable {
    package var lower: Int
    package var higher: Int

    package init(lower: Int, higher: Int) {
        self.lower = lower
        self.higher = higher
    }

    /// Of two members, whichever is the lower.
    init(_ a: Int, _ b: Int) { self.init(lower: min(a, b), higher: max(a, b)) }

    static func rises(_ edges: [VoidEdge]) -> Bool {
        edges.allSatisfy { $0.lower < $0.higher } && zip(edges, edges.dropFirst()).allSatisfy { ($0.lower, $0.higher) < ($1.lower, $1.higher) }
    }
}

extension CanonicalWriter {
    mutating func edges(_ edges: [VoidEdge]) {
        list(edges) { writer, edge in
            writer.number32(edge.lower)
            writer.number32(edge.higher)
        }
    }
}

extension CanonicalReader {
    mutating func edges(_ field: String) throws(SecureAggregationError) -> [VoidEdge] {
        let edges = try list(field, max: Limits.voidEdgesMax, itemBytesMin: 8) { (reader) throws(SecureAggregationError) in
            VoidEdge(lower: try reader.index(field), higher: try reader.index(field))
        }
        guard VoidEdge.rises(edges) else { throw .malformed(field: field) }
        return edges
    }
}

extension MaskGraph {
    /// With whom a member shares masks: of U2. Where edges were dealt before U2 was known, its neighbours among all that advertised that
    /// are left; the degree allows for those that are not.
    static func neighbours(
        of index: Int, in group: Int, of partition: Partition, advertised: @autoclosure () -> Set<Int>, confirmed: Set<Int>, void: Set<VoidEdge>,
        _ parameters: RoundParameters
    ) -> [Int] {
        switch parameters.keyExchange {
        case .x25519: neighbours(of: index, group: partition.present(in: group, among: confirmed), degree: parameters.maskDegree)
        case .xWing:
            neighbours(of: index, group: partition.present(in: group, among: advertised()), degree: parameters.maskDegree)
                .filter { confirmed.contains($0) && !void.contains(VoidEdge(index, $0)) }
        }
    }
}
