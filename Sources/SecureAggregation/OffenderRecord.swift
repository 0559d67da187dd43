/// What members have done to the protocol over a session, and how often their groups were void. The groups are kept all epoch, so
/// a member that voids its group again and again is found: its group stays. A value; the caller keeps it with the session.
package struct OffenderRecord: Equatable, Sendable, Codable {
    package struct Entry: Equatable, Sendable, Codable {
        package var round: Int
        package var attempt: Int
        package var evidence: Evidence
    }

    /// What is known of one member.
    package struct Member: Equatable, Sendable, Codable {
        /// Shares as a holder that do not match the dealer's commitment.
        package var wrongShares = 0
        /// Secrets as a dealer that its own shares do not give.
        package var unopenable = 0
        /// Attempts it was left out of for the holders' complaints, and edges of its that did not open.
        package var complaints = 0
        /// Attempts in which it was missing from a group that fell below its floor, or its secret could not be put together.
        /// A weak network does that too.
        package var missing = 0
        /// The first few; the counts go on.
        package var evidence: [Entry] = []

        package init() {}

        /// Faults that nobody else can bring upon a member: it committed to what it then broke.
        package var proven: Int { wrongShares + unopenable }
    }

    package struct Group: Equatable, Sendable, Codable {
        package var void = 0
        /// Attempts that ended for too few good groups while this one was void.
        package var aborted = 0
    }

    package private(set) var members: [Int: Member] = [:]
    package private(set) var groups: [Int: Group] = [:]
    /// Attempts that ended for too few good groups.
    package private(set) var abortedAttempts = 0

    package init() {}

    /// Takes a report of `MaskingServer`.
    package mutating func note(_ evidence: Evidence, round: Int, attempt: Int) {
        let entry = Entry(round: round, attempt: attempt, evidence: evidence)
        switch evidence {
        case .wrongShare(_, let holder): change(holder, entry) { $0.wrongShares += 1 }
        case .unopenable(let dealer): change(dealer, entry) { $0.unopenable += 1 }
        // One of the two: only they know which.
        case .edge(let dealer, let member): for one in [dealer, member] { change(one, entry) { $0.complaints += 1 } }
        case .complaints(let dealer, _): change(dealer, entry) { $0.complaints += 1 }
        }
    }

    /// Takes the end of an attempt's unmasking.
    ///
    /// - Parameters:
    ///   - void: the void groups of `open`, or what is known of them at an abort.
    ///   - partition: who is in which group.
    ///   - survivors: members whose vectors are there.
    ///   - isAborted: the attempt ended for too few good groups.
    package mutating func note(void: [VoidGroup], partition: Partition, survivors: Set<Int>, isAborted: Bool) {
        if isAborted { abortedAttempts += 1 }
        for item in void where partition.groups.indices.contains(item.group) {
            groups[item.group, default: Group()].void += 1
            if isAborted { groups[item.group, default: Group()].aborted += 1 }
            switch item.reason {
            case .belowFloor: for member in partition.groups[item.group] where !survivors.contains(member) { change(member) { $0.missing += 1 } }
            case .missingShares(let dealer): change(dealer) { $0.missing += 1 }
            // Reported as evidence of its own.
            case .unopenable: break
            }
        }
    }

    private mutating func change(_ member: Int, _ entry: Entry? = nil, _ body: (inout Member) -> Void) {
        guard (0..<Limits.clientsMax).contains(member) else { return }
        body(&members[member, default: Member()])
        if let entry, members[member, default: Member()].evidence.count < Limits.evidenceMax { members[member]?.evidence.append(entry) }
    }
}

/// When a member is left out of the next epoch; nil: never for that.
package struct ExclusionRule: Equatable, Sendable {
    /// Proven faults.
    package var proven: Int?
    /// Attempts left out for complaints. Holders can bring that about, but only more than k − t of them together.
    package var complaints: Int?
    /// Attempts in which it was missing from a group that was void for it.
    package var missing: Int?

    package init(proven: Int? = 2, complaints: Int? = 3, missing: Int? = nil) {
        self.proven = proven
        self.complaints = complaints
        self.missing = missing
    }
}

extension OffenderRecord {
    package struct Exclusion: Equatable, Sendable {
        package var member: Int
        package var reason: String
    }

    /// Whom the rule leaves out, in rising order.
    package func excluded(by rule: ExclusionRule) -> [Exclusion] {
        members.keys.sorted().compactMap { index in
            guard let member = members[index] else { return nil }
            let counts = [
                (member.proven, rule.proven, "proven faults"), (member.complaints, rule.complaints, "attempts left out for complaints"),
                (member.missing, rule.missing, "attempts that its absence helped to void"),
            ]
            let reasons = counts.compactMap { count, limit, what in
                limit.flatMap { count >= max(1, $0) ? "\(count) \(what), and \(max(1, $0)) exclude" : nil }
            }
            return reasons.isEmpty ? nil : Exclusion(member: index, reason: reasons.joined(separator: "; "))
        }
    }

    /// For the operator: a line for each group that was void and for each member of whom something is known.
    package func report(partition: Partition, rule: ExclusionRule, name: (Int) -> String) -> String {
        var lines = ["\(abortedAttempts) attempts ended for too few good groups"]
        for index in groups.keys.sorted() {
            guard let group = groups[index], partition.groups.indices.contains(index) else { continue }
            let who = partition.groups[index].sorted().map(name).joined(separator: ", ")
            lines.append("group \(index) (\(who)): void \(group.void) times, \(group.aborted) of them in attempts that ended for it")
        }
        let excluded = excluded(by: rule)
        for index in members.keys.sorted() {
            guard let member = members[index] else { continue }
            let counts = [
                (member.wrongShares, "wrong shares"), (member.unopenable, "secrets that do not open"), (member.complaints, "times complained of"),
                (member.missing, "times missing from a void group"),
            ]
            var line = "\(name(index)): " + counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
            if let entry = member.evidence.first { line += "; first in round \(entry.round), attempt \(entry.attempt)" }
            if let exclusion = excluded.first(where: { $0.member == index }) { line += "; EXCLUDE: \(exclusion.reason)" }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }
}
