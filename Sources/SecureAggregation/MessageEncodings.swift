extension AdvertList {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.adverts)
        writer.list(adverts) { writer, advert in advert.write(&writer) }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .adverts)
        adverts = try reader.rising("adverts", itemBytesMin: Advert.byteCount, { (reader) throws(SecureAggregationError) in try Advert(&reader) }, \.index)
        try reader.end()
    }
}

extension Advert {
    static let byteCount = 4 + 3 * 32 + 64

    func write(_ writer: inout CanonicalWriter) {
        writer.number32(index)
        for part in [maskKey, shareKey, nonce, signature] { writer.fixed(part) }
    }

    init(_ reader: inout CanonicalReader) throws(SecureAggregationError) {
        index = try reader.index("index")
        maskKey = try reader.fixed(32, "mask_key")
        shareKey = try reader.fixed(32, "share_key")
        nonce = try reader.fixed(32, "nonce")
        signature = try reader.fixed(64, "signature")
    }

    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.advert)
        write(&writer)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .advert)
        try self.init(&reader)
        try reader.end()
    }
}

extension ShareBundle {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.shareBundle)
        writer.number32(dealer)
        writer.fixed(seedCommitment)
        writer.list(shares) { writer, share in
            writer.number32(share.holder)
            for part in [share.selfCommitment, share.maskCommitment, share.sealed] { writer.fixed(part) }
        }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .shareBundle)
        dealer = try reader.index("dealer")
        seedCommitment = try reader.fixed(32, "seed_commitment")
        shares = try reader.rising(
            "shares", itemBytesMin: 68 + SealedShares.sealedBytes,
            { (reader) throws(SecureAggregationError) in
                SealedShares(
                    holder: try reader.index("holder"), selfCommitment: try reader.fixed(32, "self_commitment"),
                    maskCommitment: try reader.fixed(32, "mask_commitment"), sealed: try reader.fixed(SealedShares.sealedBytes, "sealed"))
            }, \.holder)
        try reader.end()
    }
}

extension ShareDelivery {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.shareDelivery)
        writer.list(items) { writer, item in
            writer.number32(item.dealer)
            for part in [item.bundle, item.selfCommitment, item.maskCommitment, item.sealed] { writer.fixed(part) }
        }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .shareDelivery)
        items = try reader.rising(
            "items", itemBytesMin: 100 + SealedShares.sealedBytes,
            { (reader) throws(SecureAggregationError) in
                Item(
                    dealer: try reader.index("dealer"), bundle: try reader.fixed(32, "bundle"), selfCommitment: try reader.fixed(32, "self_commitment"),
                    maskCommitment: try reader.fixed(32, "mask_commitment"), sealed: try reader.fixed(SealedShares.sealedBytes, "sealed"))
            }, \.dealer)
        try reader.end()
    }
}

extension ShareReceipt {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.shareReceipt)
        writer.number32(holder)
        writer.indices(complaints)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .shareReceipt)
        holder = try reader.index("holder")
        complaints = try reader.indices("complaints")
        try reader.end()
    }
}

extension Confirmation {
    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.confirmation)
        writer.list(members) { writer, member in
            writer.number32(member.index)
            writer.fixed(member.bytes)
        }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .confirmation)
        members = try reader.rising(
            "members", itemBytesMin: 36,
            { (reader) throws(SecureAggregationError) in IndexedBytes(index: try reader.index("index"), bytes: try reader.fixed(32, "bundle")) }, \.index)
        try reader.end()
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
    /// A list whose items rise by a key, so that a set has one encoding and nobody stands in it twice.
    mutating func rising<Item>(
        _ field: String, itemBytesMin: Int, _ body: (inout CanonicalReader) throws(SecureAggregationError) -> Item, _ key: (Item) -> Int
    ) throws(SecureAggregationError) -> [Item] {
        let items = try list(field, max: Limits.clientsMax, itemBytesMin: itemBytesMin, body)
        for (a, b) in zip(items, items.dropFirst()) where key(a) >= key(b) { throw .malformed(field: field) }
        return items
    }
}
