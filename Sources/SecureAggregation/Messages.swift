package import CryptoSuite

/// Phase 1: a member's ephemeral keys.
package struct Advert: Equatable, Sendable {
    package var index: Int
    /// Public keys of `KeyExchange.keyBytes`: for masks, and for shares sealed to this member.
    package var maskKey: [UInt8]
    package var shareKey: [UInt8]
    package var nonce: [UInt8]
    /// Ed25519, 64 bytes; zeros in honest-but-curious mode.
    package var signature: [UInt8]

    package init(index: Int, maskKey: [UInt8], shareKey: [UInt8], nonce: [UInt8], signature: [UInt8]) {
        self.index = index
        self.maskKey = maskKey
        self.shareKey = shareKey
        self.nonce = nonce
        self.signature = signature
    }

    /// What its keys are for.
    var exchange: KeyExchange { maskKey.count == KeyExchange.x25519.keyBytes ? .x25519 : .xWing }

    package func signed(parameters: [UInt8]) -> [UInt8] {
        var writer = CanonicalWriter(.advert.with(exchange))
        writer.fixed(parameters)
        writer.number32(index)
        writer.fixed(maskKey)
        writer.fixed(shareKey)
        writer.fixed(nonce)
        return writer.bytes
    }
}

/// Phase 1, to all: U1.
package struct AdvertList: Equatable, Sendable {
    /// In rising order of their index.
    package var adverts: [Advert] { didSet { received = nil } }
    /// What it was read from: a value has one encoding, and so it need not be made again. nil: made here.
    var received: [UInt8]?
    package init(_ adverts: [Advert]) { self.adverts = adverts }
    var exchange: KeyExchange { adverts.first?.exchange ?? .x25519 }
    package func root(_ suite: CryptoSuite) -> [UInt8] { suite.sha256(received ?? encoded) }
    package static func == (a: AdvertList, b: AdvertList) -> Bool { a.adverts == b.adverts }
}

/// Phase 2: what a dealer has for one holder.
package struct SealedShares: Equatable, Sendable {
    package var holder: Int
    /// H(context, share, salt) of the share of b and of the share of m.
    package var selfCommitment: [UInt8]
    package var maskCommitment: [UInt8]
    /// Both shares and salts, sealed: `KeyExchange.sealedSharesBytes`.
    package var sealed: [UInt8]

    package init(holder: Int, selfCommitment: [UInt8], maskCommitment: [UInt8], sealed: [UInt8]) {
        self.holder = holder
        self.selfCommitment = selfCommitment
        self.maskCommitment = maskCommitment
        self.sealed = sealed
    }
}

/// Phase 2: all a dealer deals.
package struct ShareBundle: Equatable, Sendable {
    package var dealer: Int
    /// H(b).
    package var seedCommitment: [UInt8]
    /// In rising order of the holder.
    package var shares: [SealedShares]
    package var exchange: KeyExchange
    /// In rising order of the member; none with X25519.
    package var edges: [SealedEdge]

    package init(dealer: Int, seedCommitment: [UInt8], shares: [SealedShares], exchange: KeyExchange = .x25519, edges: [SealedEdge] = []) {
        self.dealer = dealer
        self.seedCommitment = seedCommitment
        self.shares = shares
        self.exchange = exchange
        self.edges = edges
    }

    /// What stands for this bundle in U2: everything but the sealed parts, which are sealed with it.
    package func digest(first: [UInt8], suite: CryptoSuite) -> [UInt8] {
        var writer = CanonicalWriter()
        writer.label("bundle")
        writer.fixed(first)
        writer.number32(dealer)
        writer.fixed(seedCommitment)
        writer.list(shares) { writer, share in
            writer.number32(share.holder)
            writer.fixed(share.selfCommitment)
            writer.fixed(share.maskCommitment)
        }
        if exchange == .xWing {
            writer.list(edges) { writer, edge in
                writer.number32(edge.member)
                writer.fixed(edge.commitment)
            }
        }
        return suite.sha256(writer.bytes)
    }
}

/// Phase 2, to one holder.
package struct ShareDelivery: Equatable, Sendable {
    package struct Item: Equatable, Sendable {
        package var dealer: Int
        /// Digest of the dealer's whole bundle.
        package var bundle: [UInt8]
        package var selfCommitment: [UInt8]
        package var maskCommitment: [UInt8]
        package var sealed: [UInt8]

        package init(dealer: Int, bundle: [UInt8], selfCommitment: [UInt8], maskCommitment: [UInt8], sealed: [UInt8]) {
            self.dealer = dealer
            self.bundle = bundle
            self.selfCommitment = selfCommitment
            self.maskCommitment = maskCommitment
            self.sealed = sealed
        }
    }
    /// An edge from a lower member of the group.
    package struct Edge: Equatable, Sendable {
        package var dealer: Int
        /// Digest of the dealer's whole bundle.
        package var bundle: [UInt8]
        package var commitment: [UInt8]
        package var sealed: [UInt8]

        package init(dealer: Int, bundle: [UInt8], commitment: [UInt8], sealed: [UInt8]) {
            self.dealer = dealer
            self.bundle = bundle
            self.commitment = commitment
            self.sealed = sealed
        }
    }
    /// In rising order of the dealer.
    package var items: [Item]
    package var exchange: KeyExchange
    /// In rising order of the dealer; none with X25519.
    package var edges: [Edge]

    package init(_ items: [Item], exchange: KeyExchange = .x25519, edges: [Edge] = []) {
        self.items = items
        self.exchange = exchange
        self.edges = edges
    }
}

/// Phase 2: whose shares did not open or are not what was committed to.
package struct ShareReceipt: Equatable, Sendable {
    package var holder: Int
    package var complaints: [Int]
    package var exchange: KeyExchange
    /// Lower members whose edge did not open or is not the one committed to; none with X25519.
    package var edges: [Int]

    package init(holder: Int, complaints: [Int], exchange: KeyExchange = .x25519, edges: [Int] = []) {
        self.holder = holder
        self.complaints = complaints
        self.exchange = exchange
        self.edges = edges
    }
}

/// Phase 2, to all: U2 with the digests of its members' bundles.
package struct Confirmation: Equatable, Sendable {
    package var members: [IndexedBytes] { didSet { received = nil } }
    package var exchange: KeyExchange { didSet { received = nil } }
    /// Between two of them, rising; none with X25519.
    package var void: [VoidEdge] { didSet { received = nil } }
    /// As with `AdvertList`.
    var received: [UInt8]?

    package init(_ members: [IndexedBytes], exchange: KeyExchange = .x25519, void: [VoidEdge] = []) {
        self.members = members
        self.exchange = exchange
        self.void = void
    }
    package func root(_ suite: CryptoSuite) -> [UInt8] { suite.sha256(received ?? encoded) }
    package static func == (a: Confirmation, b: Confirmation) -> Bool { a.members == b.members && a.exchange == b.exchange && a.void == b.void }
}

/// Phase 3: what stands before a masked vector.
package struct MaskedInput: Equatable, Sendable {
    package var index: Int
    package var transcript: [UInt8]
    package init(index: Int, transcript: [UInt8]) {
        self.index = index
        self.transcript = transcript
    }
}

/// Phase 4, to all: U3.
package struct SurvivorNotice: Equatable, Sendable {
    package var transcript: [UInt8]
    package var survivors: [Int]
    package init(transcript: [UInt8], survivors: [Int]) {
        self.transcript = transcript
        self.survivors = survivors
    }
}

/// Phase 4: a survivor's only signature over U3.
package struct SurvivorSignature: Equatable, Sendable {
    package var index: Int
    package var signature: [UInt8]
    package init(index: Int, signature: [UInt8]) {
        self.index = index
        self.signature = signature
    }
}

/// Phase 5, to all survivors.
package struct UnmaskRequest: Equatable, Sendable {
    package var transcript: [UInt8]
    package var survivors: [Int]
    package var dropped: [Int]
    /// In rising order; none in honest-but-curious mode.
    package var signatures: [SurvivorSignature]
    package init(transcript: [UInt8], survivors: [Int], dropped: [Int], signatures: [SurvivorSignature]) {
        self.transcript = transcript
        self.survivors = survivors
        self.dropped = dropped
        self.signatures = signatures
    }
}

/// Phase 5: one share of every member the holder holds shares of.
package struct UnmaskResponse: Equatable, Sendable {
    package struct Item: Equatable, Sendable {
        package var dealer: Int
        package var kind: ShareKind
        package var share: [UInt8]
        package var salt: [UInt8]

        package init(dealer: Int, kind: ShareKind, share: [UInt8], salt: [UInt8]) {
            self.dealer = dealer
            self.kind = kind
            self.share = share
            self.salt = salt
        }
    }
    package var holder: Int
    package var transcript: [UInt8]
    /// In rising order of the dealer, so that there is one for each.
    package var items: [Item]

    package init(holder: Int, transcript: [UInt8], items: [Item]) {
        self.holder = holder
        self.transcript = transcript
        self.items = items
    }
}
