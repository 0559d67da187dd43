internal import CryptoSuite
package import SecureAggregation

// Members that break the protocol: found, counted, reported, and left out by rule. What counts are broken commitments and
// complaints, never anybody's values: with differential privacy a round must not depend on those but through its noised sum.
extension CoordinatorMachine {
    private static let rule = ExclusionRule()

    /// Roster indices of members that take no part any more.
    var excludedMembers: Set<Int> {
        guard let offenders = session.offenders else { return [] }
        return Set(offenders.excluded(by: Self.rule).map(\.member))
    }

    /// What was done in an attempt that is closed becomes part of the session's record, in the transaction that closes it: a
    /// restart neither forgets it nor counts it twice.
    mutating func charge(_ open: OpenRound) -> [CoordinatorEffect] {
        guard let epoch, let attempt = open.secure else { return [] }
        var record = session.offenders ?? OffenderRecord()
        for evidence in attempt.offences { record.note(evidence, round: open.record.round, attempt: open.record.attempt) }
        let survivors = Set(open.contributions.keys.compactMap { epoch.index(of: $0) })
        record.note(void: attempt.void, partition: epoch.partition, survivors: survivors, isAborted: attempt.hadTooFewGroups)
        guard record != session.offenders ?? OffenderRecord() else { return [] }
        session.offenders = record
        return [.persist(.session(session))]
    }

    /// Groups that have lost too many when an attempt ends for too few of them.
    func belowFloor(_ open: OpenRound) -> [VoidGroup] {
        // Before masked updates came, nobody was missing from anything.
        guard let epoch, !open.contributions.isEmpty else { return [] }
        let survivors = Set(open.contributions.keys.compactMap { epoch.index(of: $0) })
        return epoch.partition.groups.indices.compactMap { group in
            let present = epoch.partition.present(in: group, among: survivors).count
            return present < epoch.plan.groupFloor ? VoidGroup(group: group, reason: .belowFloor(present)) : nil
        }
    }

    /// Why the session cannot go on without those that are left out; nil: it can.
    var cannotGoOnWithout: String? {
        guard let epoch else { return nil }
        let excluded = excludedMembers
        let left = epoch.partition.members.count - excluded.count
        guard left < epoch.plan.quorum else { return nil }
        let names = excluded.sorted().map { epoch.names[$0] }.joined(separator: ", ")
        return "\(left) members are left, and \(epoch.plan.quorum) have to be: \(names) broke the protocol again and again and take no part"
    }
}

/// What is known of a member that broke the protocol, or was missing from a group that was void for it.
package struct Offender: Sendable, Equatable {
    package var client: String
    package var facts: OffenderRecord.Member
    /// Why it takes no part any more; nil: it does.
    package var excluded: String?

    package var wrongShares: Int { facts.wrongShares }
    package var unopenableSecrets: Int { facts.unopenable }
    package var complaints: Int { facts.complaints }
    package var missing: Int { facts.missing }
    /// nil: it was only missing.
    package var firstRound: Int? { facts.evidence.first?.round }
}

extension SessionRecord {
    /// In the order of the roster.
    package var offenderList: [Offender] {
        guard let offenders, let invited = epoch.flatMap({ bytes(hexadecimal: $0.invitation) }), let invitation = try? EpochInvitation(encoded: invited) else {
            return []
        }
        let names = invitation.roster.members.map { String(decoding: $0.name, as: UTF8.self) }
        let excluded = offenders.excluded(by: ExclusionRule())
        return offenders.members.sorted { $0.key < $1.key }.compactMap { index, facts in
            guard names.indices.contains(index) else { return nil }
            return Offender(client: names[index], facts: facts, excluded: excluded.first { $0.member == index }?.reason)
        }
    }
}
