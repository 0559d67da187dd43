extension AdvertList {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.adverts.with(exchange))
        writer.reserve(4 + adverts.count * Advert.byteCount(exchange))
        writer.list(adverts) { writer, advert in advert.write(&writer) }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var (reader, exchange) = try CanonicalReader.exchanging(encoded, .adverts)
        adverts = try reader.adverts(exchange)
        // A list without members has one encoding too.
        guard exchange == .x25519 || !adverts.isEmpty else { throw .malformed(field: "adverts") }
        try reader.end()
        received = encoded
    }
}

extension Advert {
    static func byteCount(_ exchange: KeyExchange) -> Int { 4 + 2 * exchange.keyBytes + 32 + 64 }

    func write(_ writer: inout CanonicalWriter) {
        writer.number32(index)
        writer.fixed(maskKey)
        writer.fixed(shareKey)
        writer.fixed(nonce)
        writer.fixed(signature)
    }

    init(_ reader: inout CanonicalReader, _ exchange: KeyExchange) throws(SecureAggregationError) {
        index = try reader.index("index")
        maskKey = try reader.fixed(exchange.keyBytes, "mask_key")
        shareKey = try reader.fixed(exchange.keyBytes, "share_key")
        nonce = try reader.fixed(32, "nonce")
        signature = try reader.fixed(64, "signature")
    }

    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.advert.with(exchange))
        write(&writer)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var (reader, exchange) = try CanonicalReader.exchanging(encoded, .advert)
        try self.init(&reader, exchange)
        try reader.end()
    }
}

extension ShareBundle {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.shareBundle.with(exchange))
        writer.reserve(40 + shares.count * (68 + exchange.sealedSharesBytes))
        writer.number32(dealer)
        writer.fixed(seedCommitment)
        writer.list(shares) { writer, share in
            writer.number32(share.holder)
            writer.fixed(share.selfCommitment)
            writer.fixed(share.maskCommitment)
            writer.fixed(share.sealed)
        }
        if exchange == .xWing {
            writer.list(edges) { writer, edge in
                writer.number32(edge.member)
                writer.fixed(edge.commitment)
                writer.fixed(edge.sealed)
            }
        }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var (reader, exchange) = try CanonicalReader.exchanging(encoded, .shareBundle)
        self.exchange = exchange
        dealer = try reader.index("dealer")
        seedCommitment = try reader.fixed(32, "seed_commitment")
        shares = try reader.rising(
            "shares", itemBytesMin: 68 + exchange.sealedSharesBytes,
            { (reader) throws(SecureAggregationError) in
                SealedShares(
                    holder: try reader.index("holder"), selfCommitment: try reader.fixed(32, "self_commitment"),
                    maskCommitment: try reader.fixed(32, "mask_commitment"), sealed: try reader.fixed(exchange.sealedSharesBytes, "sealed"))
            }, \.holder)
        edges =
            exchange == .x25519
            ? []
            : try reader.rising(
                "edges", itemBytesMin: 36 + exchange.sealedEdgeBytes,
                { (reader) throws(SecureAggregationError) in
                    SealedEdge(
                        member: try reader.index("member"), commitment: try reader.fixed(32, "commitment"),
                        sealed: try reader.fixed(exchange.sealedEdgeBytes, "sealed"))
                }, \.member)
        try reader.end()
    }
}

extension ShareDelivery {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.shareDelivery.with(exchange))
        writer.reserve(4 + items.count * (100 + exchange.sealedSharesBytes))
        writer.list(items) { writer, item in
            writer.number32(item.dealer)
            writer.fixed(item.bundle)
            writer.fixed(item.selfCommitment)
            writer.fixed(item.maskCommitment)
            writer.fixed(item.sealed)
        }
        if exchange == .xWing {
            writer.list(edges) { writer, edge in
                writer.number32(edge.dealer)
                for part in [edge.bundle, edge.commitment, edge.sealed] { writer.fixed(part) }
            }
        }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var (reader, exchange) = try CanonicalReader.exchanging(encoded, .shareDelivery)
        self.exchange = exchange
        items = try reader.rising(
            "items", itemBytesMin: 100 + exchange.sealedSharesBytes,
            { (reader) throws(SecureAggregationError) in
                Item(
                    dealer: try reader.index("dealer"), bundle: try reader.fixed(32, "bundle"), selfCommitment: try reader.fixed(32, "self_commitment"),
                    maskCommitment: try reader.fixed(32, "mask_commitment"), sealed: try reader.fixed(exchange.sealedSharesBytes, "sealed"))
            }, \.dealer)
        edges =
            exchange == .x25519
            ? []
            : try reader.rising(
                "edges", itemBytesMin: 68 + exchange.sealedEdgeBytes,
                { (reader) throws(SecureAggregationError) in
                    Edge(
                        dealer: try reader.index("dealer"), bundle: try reader.fixed(32, "bundle"), commitment: try reader.fixed(32, "commitment"),
                        sealed: try reader.fixed(exchange.sealedEdgeBytes, "sealed"))
                }, \.dealer)
        try reader.end()
    }
}

extension ShareReceipt {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.shareReceipt.with(exchange))
        writer.number32(holder)
        writer.indices(complaints)
        if exchange == .xWing { writer.indices(edges) }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var (reader, exchange) = try CanonicalReader.exchanging(encoded, .shareReceipt)
        self.exchange = exchange
        holder = try reader.index("holder")
        complaints = try reader.indices("complaints")
        edges = exchange == .x25519 ? [] : try reader.indices("edges")
        try reader.end()
    }
}

extension Confirmation {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.confirmation.with(exchange))
        writer.list(members) { writer, member in
            writer.number32(member.index)
            writer.fixed(member.bytes)
        }
        if exchange == .xWing { writer.edges(void) }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var (reader, exchange) = try CanonicalReader.exchanging(encoded, .confirmation)
        self.exchange = exchange
        members = try reader.rising(
            "members", itemBytesMin: 36,
            { (reader) throws(SecureAggregationError) in IndexedBytes(index: try reader.index("index"), bytes: try reader.fixed(32, "bundle")) }, \.index)
        void = exchange == .x25519 ? [] : try reader.edges("void")
        try reader.end()
        received = encoded
    }
}

extension MaskedInput {
    /// Stands before the packed lanes.
    package static let byteCount = 2 + 4 + 32

    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.maskedInput)
        writer.number32(index)
        writer.fixed(transcript)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .maskedInput)
        index = try reader.index("index")
        transcript = try reader.fixed(32, "transcript")
        try reader.end()
    }
}

extension SurvivorNotice {
    /// Also what a survivor signs.
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.survivors)
        writer.fixed(transcript)
        writer.indices(survivors)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .survivors)
        transcript = try reader.fixed(32, "transcript")
        survivors = try reader.indices("survivors")
        try reader.end()
    }
}

extension SurvivorSignature {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.survivorSignature)
        writer.number32(index)
        writer.fixed(signature)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .survivorSignature)
        index = try reader.index("index")
        signature = try reader.fixed(64, "signature")
        try reader.end()
    }
}

extension UnmaskRequest {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.unmaskRequest)
        writer.fixed(transcript)
        writer.indices(survivors)
        writer.indices(dropped)
        writer.list(signatures) { writer, signature in
            writer.number32(signature.index)
            writer.fixed(signature.signature)
        }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .unmaskRequest)
        transcript = try reader.fixed(32, "transcript")
        survivors = try reader.indices("survivors")
        dropped = try reader.indices("dropped")
        signatures = try reader.rising(
            "signatures", itemBytesMin: 68,
            { (reader) throws(SecureAggregationError) in
                SurvivorSignature(index: try reader.index("index"), signature: try reader.fixed(64, "signature"))
            }, \.index)
        try reader.end()
    }
}

extension UnmaskResponse {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.unmaskResponse)
        writer.number32(holder)
        writer.fixed(transcript)
        writer.list(items) { writer, item in
            writer.number32(item.dealer)
            writer.number8(Int(item.kind.rawValue))
            writer.fixed(item.share)
            writer.fixed(item.salt)
        }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .unmaskResponse)
        holder = try reader.index("holder")
        transcript = try reader.fixed(32, "transcript")
        items = try reader.rising(
            "items", itemBytesMin: 61,
            { (reader) throws(SecureAggregationError) in
                let dealer = try reader.index("dealer")
                guard let kind = ShareKind(rawValue: UInt8(try reader.number8("kind"))) else { throw SecureAggregationError.malformed(field: "kind") }
                return Item(dealer: dealer, kind: kind, share: try reader.fixed(Share.byteCount, "share"), salt: try reader.fixed(16, "salt"))
            }, \.dealer)
        try reader.end()
    }
}

extension CanonicalReader {
    mutating func adverts(_ exchange: KeyExchange) throws(SecureAggregationError) -> [Advert] {
        try rising("adverts", itemBytesMin: Advert.byteCount(exchange), { (reader) throws(SecureAggregationError) in try Advert(&reader, exchange) }, \.index)
    }

    /// A list whose items rise by a key, so that a set has one encoding and nobody stands in it twice.
    mutating func rising<Item>(
        _ field: String, itemBytesMin: Int, _ body: (inout CanonicalReader) throws(SecureAggregationError) -> Item, _ key: (Item) -> Int
    ) throws(SecureAggregationError) -> [Item] {
        let items = try list(field, max: Limits.clientsMax, itemBytesMin: itemBytesMin, body)
        var last = Int.min
        for at in items.indices {
            let next = key(items[at])
            guard at == 0 || last < next else { throw .malformed(field: field) }
            last = next
        }
        return items
    }
}
