/// How a member stands at one moment.
package struct MemberStanding: Sendable, Equatable {
    /// In the attempt under way.
    package enum Part: Sendable, Equatable { case notAsked, asked, sent, failed }
    package var client: String
    /// Rows, as the client says.
    package var dataSize: Int64
    package var joinedAt: Instant
    /// It proves itself with a certificate, and not with an update token.
    package var hasCertificate: Bool
    package var isConnected: Bool
    /// Connected, or heard of within three heartbeats.
    package var isHere: Bool
    package var lastSeen: Instant?
    /// nil: no attempt is under way.
    package var part: Part?
    /// Why it is left out of secure rounds.
    package var excluded: String?
}

extension CoordinatorMachine {
    /// Every member, by name. Reading changes nothing.
    package func standings(_ now: Instant) -> [MemberStanding] {
        let window = 3 * Double(session.spec.heartbeatSeconds)
        var open: OpenRound?
        switch phase {
        case .collecting(let round), .unmasking(let round), .aggregating(let round): open = round
        case .gathering, .initialising, .selecting, .drawing, .evaluating, .ended: break
        }
        let excluded = session.offenderList.reduce(into: [String: String]()) { reasons, offender in reasons[offender.client] = offender.excluded }
        return members.sorted { $0.key < $1.key }.map { name, member in
            let seen = presence[name]
            let isHere = !session.status.isFinal && seen.map { $0.isConnected || now.seconds(since: $0.lastSeen) <= window } ?? false
            return MemberStanding(
                client: name, dataSize: member.dataSize, joinedAt: member.joinedAt, hasCertificate: member.updateTokenHash == nil,
                isConnected: isHere && seen?.isConnected == true, isHere: isHere, lastSeen: seen?.lastSeen, part: open.map { part(of: name, in: $0) },
                excluded: excluded[name])
        }
    }

    private func part(of name: String, in open: OpenRound) -> MemberStanding.Part {
        if open.contributions[name] != nil { return .sent }
        if open.failed.contains(name) { return .failed }
        return open.record.cohort.hasSorted(name) ? .asked : .notAsked
    }
}
