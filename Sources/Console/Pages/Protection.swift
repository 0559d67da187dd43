/// What hides members' data from the server in a session, as it was set.
package struct Protection: Sendable, Equatable {
    package enum Masking: Sendable, Equatable {
        /// Updates come in the clear.
        case none
        case honestButCurious(Groups)
        case maliciousServer(Groups)
    }
    package struct Groups: Sendable, Equatable {
        /// Members whose sum is opened at least.
        package var floor: Int
        /// Of the last round; empty: there was none.
        package var sizes: [Int]
        /// What there is to know of so low a floor.
        package var weakness: String?
        package init(floor: Int, sizes: [Int] = [], weakness: String? = nil) { (self.floor, self.sizes, self.weakness) = (floor, sizes, weakness) }
    }
    package enum Noise: Sendable, Equatable {
        case none
        case coordinator(Loss)
        case clients(Loss)
    }
    /// What the members' data may lose.
    package struct Loss: Sendable, Equatable {
        package var budget: Double
        package var delta: Double
        /// Of the member that lost most, by now; nil: nothing was released.
        package var spent: Double?
        /// `zero_out` or `replace_one`.
        package var adjacency: String
        package init(budget: Double, delta: Double, spent: Double?, adjacency: String) {
            (self.budget, self.delta, self.spent, self.adjacency) = (budget, delta, spent, adjacency)
        }
    }
    package var masking = Masking.none
    package var noise = Noise.none
    /// Whether a rule combines the groups' means that tells each of them apart; with the mean there may be one group of all.
    package var isRobust = false
    package init() {}

    var groups: Groups? {
        switch masking {
        case .none: nil
        case .honestButCurious(let groups), .maliciousServer(let groups): groups
        }
    }
}

/// One thing of a session and whether the server sees it. After docs/explanation/threat-model.md.
package struct Sight: Equatable {
    package enum Answer: String { case yes, no, partly }
    package var what: String
    package var answer: Answer
    package var why: String

    package static func all(_ protection: Protection) -> [Sight] {
        [rows, update(protection), sums(protection), result(protection), reports(protection), circumstances(protection), model(protection)]
    }

    private static let rows = Sight(what: "A client's rows", answer: .no, why: "They stay on the owner's machine. What is sent is computed from them.")

    private static func update(_ protection: Protection) -> Sight {
        let what = "One client's update"
        switch protection.masking {
        case .none:
            return Sight(
                what: what, answer: .yes,
                why: "Secure aggregation is off: updates come in the clear. An update can be turned back into rows. Such a session is for owners who trust the "
                    + "coordinator with their updates.")
        case .honestButCurious(let groups):
            return Sight(
                what: what, answer: .partly,
                why: "Not if the server follows the protocol, and as long as no more clients than planned (a twentieth) work for it. A server that tells "
                    + "members different things is not withstood in this mode."
                    + (groups.weakness.map { " With this floor, \($0)." } ?? ""))
        case .maliciousServer(let groups):
            return Sight(
                what: what, answer: groups.weakness == nil ? .no : .partly,
                why:
                    "Also not if it tells every member something else: each checks the others' keys against those that its owner has pinned. This is as good as "
                    + "the way the owners exchanged the keys, and as long as no more clients than planned (a twentieth) work for the server."
                    + (groups.weakness.map { " With this floor, \($0)." } ?? ""))
        }
    }

    private static func sums(_ protection: Protection) -> Sight {
        let what = "Sums over groups of clients"
        guard let groups = protection.groups else {
            return Sight(what: what, answer: .yes, why: "They follow from the updates, which it sees.")
        }
        let sizes = groups.sizes.filter { $0 > 0 }
        let opened = sizes.isEmpty ? "" : " In the last round it opened \(Words.count(sizes.count, "sum")), over \(Words.sizes(sizes)) clients."
        let noise: String
        if case .clients = protection.noise { noise = " Every sum has the clients' noise in it." } else { noise = "" }
        return Sight(
            what: what, answer: .yes,
            why:
                "It opens sums of at least \(groups.floor) members, and none of fewer.\(opened) The groups stay for the whole session: if they were drawn again, "
                + "their sums could be solved for single clients.\(noise) Who knows all other members of a group knows the last.")
    }

    private static func result(_ protection: Protection) -> Sight {
        let what = "A round's result before noise"
        switch protection.noise {
        case .none:
            return Sight(
                what: what, answer: .yes, why: "There is no noise: differential privacy is off. Nothing bounds what the models tell of a client.")
        case .coordinator(let loss):
            return Sight(what: what, answer: .yes, why: "The coordinator adds the noise and is trusted to. \(bounds(loss))")
        case .clients(let loss):
            return Sight(
                what: what, answer: .no,
                why:
                    "Each client adds a part of the noise before its update is masked; what is opened has the noise in it. With more curious clients than planned (a "
                    + "twentieth) less noise is left than was counted. \(bounds(loss))")
        }
    }

    private static func bounds(_ loss: Protection.Loss) -> String {
        let spent =
            loss.spent.map { "ε = \(Words.epsilon($0)) of \(Words.epsilon(loss.budget)) is spent" }
            ?? "Nothing is spent yet of ε = \(Words.epsilon(loss.budget))"
        return "\(spent), at δ = \(loss.delta), neighbours \(loss.adjacency). A client's word on its number of rows is not charged."
    }

    private static func reports(_ protection: Protection) -> Sight {
        let what = "Loss and accuracy on a client's rows"
        switch (protection.noise, protection.masking) {
        case (.coordinator, _), (.clients, _):
            return Sight(what: what, answer: .no, why: "Clients of a session with differential privacy say nothing of them.")
        case (.none, .none): return Sight(what: what, answer: .yes, why: "Clients report them with their updates, and of the last model.")
        case (.none, .honestButCurious), (.none, .maliciousServer):
            return Sight(
                what: what, answer: .partly,
                why:
                    "Masked updates come without them. Of the last model each client reports them; and with each update how many of its numbers were cut off, and "
                    + "whether it was scaled down.")
        }
    }

    private static func circumstances(_ protection: Protection) -> Sight {
        Sight(
            what: "Who takes part, when, and how much is sent", answer: .yes,
            why: "Names, times, bytes, and the number of rows each client says it has."
                + (protection.groups == nil ? "" : " Also who is in which group, and which groups were void."))
    }

    private static func model(_ protection: Protection) -> Sight {
        Sight(
            what: "The model of every round", answer: .yes,
            why: protection.noise == .none
                ? "As do all members. Without differential privacy a model may give rows away to everybody who has it."
                : "As do all members. What it tells of one client is bounded by ε.")
    }
}
