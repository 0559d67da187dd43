internal import CryptoSuite
internal import Trust
package import StrictJSON

/// What a receipt says: what one session did, for whoever has to answer for it later.
package struct ReceiptContent: Sendable, Equatable {
    package static let format = "tutti.receipt/1"

    /// Milliseconds since 1970, like every time here.
    package var madeAt: Int64
    package var session: Session
    /// As agreed, in the names of the API.
    package var configuration: JSON
    package var roster: ReceiptRosterDigest
    /// SHA-256 (hex) of the model that round 1 began with; nil: no model was made.
    package var initialModel: String?
    /// The committed ones, in order.
    package var rounds: [ReceiptRound]
    /// What the session gives away; nil: there is no model.
    package var model: Model?
    /// What held while it ran.
    package var protection: JSON

    package struct Session: Sendable, Equatable {
        package var id: String
        package var tenant: String
        package var status: String
        package var reason: String?
        /// false: it still ran when the receipt was made, and another one will say more.
        package var isFinal: Bool
        package var createdAt: Int64
        package var startedAt: Int64?
        package var endedAt: Int64?

        package init(
            id: String, tenant: String, status: String, reason: String?, isFinal: Bool, createdAt: Int64, startedAt: Int64?, endedAt: Int64?
        ) {
            (self.id, self.tenant, self.status, self.reason, self.isFinal) = (id, tenant, status, reason, isFinal)
            (self.createdAt, self.startedAt, self.endedAt) = (createdAt, startedAt, endedAt)
        }
    }

    package struct Model: Sendable, Equatable {
        /// 0: the first model.
        package var round: Int
        package var sha256: String
        /// What it was chosen by; nil: it is the last.
        package var selectedBy: String?

        package init(round: Int, sha256: String, selectedBy: String?) { (self.round, self.sha256, self.selectedBy) = (round, sha256, selectedBy) }
    }

    package init(
        madeAt: Int64, session: Session, configuration: JSON, roster: ReceiptRosterDigest, initialModel: String?, rounds: [ReceiptRound], model: Model?,
        protection: JSON
    ) {
        (self.madeAt, self.session, self.configuration, self.roster) = (madeAt, session, configuration, roster)
        (self.initialModel, self.rounds, self.model, self.protection) = (initialModel, rounds, model, protection)
    }

    /// The payload. Each round ends with a link: the SHA-256 of the link before it and of the round's own canonical form, so that
    /// nobody can leave a round out.
    package func json() throws(NoCanonicalForm) -> JSON {
        var link = try ReceiptRound.firstLink(session: session.id, initialModel: initialModel)
        var linked: [JSON] = []
        for round in rounds {
            link = try round.link(after: link)
            linked.append(round.json(link: link))
        }
        func time(_ milliseconds: Int64?) -> JSON { JSON(milliseconds.map(ReceiptTime.text)) }
        return [
            "format": .string(Self.format), "product": ["name": .string(Product.name), "version": .string(Product.version)], "made_at": time(madeAt),
            "session": [
                "id": .string(session.id), "tenant": .string(session.tenant), "status": .string(session.status), "status_reason": JSON(session.reason),
                "final": .bool(session.isFinal), "created_at": time(session.createdAt), "started_at": time(session.startedAt),
                "ended_at": time(session.endedAt),
            ],
            "configuration": configuration, "configuration_sha256": .string(try Self.digest(configuration)), "roster": roster.json,
            "initial_model_sha256": JSON(initialModel), "rounds": .array(linked), "rounds_committed": JSON(rounds.count),
            "rounds_chain_sha256": .string(hexadecimal(link)),
            "model": model.map { ["round": JSON($0.round), "sha256": .string($0.sha256), "selected_by": JSON($0.selectedBy)] } ?? .null,
            "protection": protection,
        ]
    }

    /// SHA-256 (hex) of the canonical form.
    static func digest(_ value: JSON) throws(NoCanonicalForm) -> String { hexadecimal(CryptoSuite.system.sha256(try value.canonical())) }
}

/// One committed round.
package struct ReceiptRound: Sendable, Equatable {
    package var round: Int
    /// Of them all but the last were given up.
    package var attempts: Int
    /// SHA-256 (hex) of the model it began with, and of the one it made.
    package var parent: String
    package var model: String
    /// Clients that were asked, and those whose updates are in the model.
    package var selected: Int
    package var contributors: Int
    /// With secure aggregation: the members of the smallest sum that was opened; 0: none was.
    package var smallestGroup: Int?
    /// With differential privacy: what the member that lost most had lost after it.
    package var epsilon: Double?
    package var endedAt: Int64

    package init(
        round: Int, attempts: Int, parent: String, model: String, selected: Int, contributors: Int, smallestGroup: Int?, epsilon: Double?, endedAt: Int64
    ) {
        (self.round, self.attempts, self.parent, self.model) = (round, attempts, parent, model)
        (self.selected, self.contributors, self.smallestGroup, self.epsilon, self.endedAt) = (selected, contributors, smallestGroup, epsilon, endedAt)
    }

    private var members: [JSON.Member] {
        [
            .init("round", JSON(round)), .init("attempts", JSON(attempts)), .init("parent_sha256", .string(parent)), .init("model_sha256", .string(model)),
            .init("selected", JSON(selected)), .init("contributors", JSON(contributors)), .init("smallest_group", JSON(smallestGroup)),
            .init("epsilon", JSON(epsilon)), .init("ended_at", .string(ReceiptTime.text(endedAt))),
        ]
    }

    static let linkName = "link_sha256"

    func json(link: [UInt8]) -> JSON { .object(members + [.init(Self.linkName, .string(hexadecimal(link)))]) }

    func link(after link: [UInt8]) throws(NoCanonicalForm) -> [UInt8] { try Self.link(.object(members), after: link) }

    static func link(_ round: JSON, after link: [UInt8]) throws(NoCanonicalForm) -> [UInt8] { CryptoSuite.system.sha256(link + (try round.canonical())) }

    static func firstLink(session: String, initialModel: String?) throws(NoCanonicalForm) -> [UInt8] {
        let root: JSON = ["format": "tutti.rounds/1", "session": .string(session), "initial_model_sha256": JSON(initialModel)]
        return CryptoSuite.system.sha256(try root.canonical())
    }
}
