// What the machine knows, for status replies. Reading changes nothing.
extension CoordinatorMachine {
    var connectedMembers: [String] { presence.filter { $0.value.isConnected }.map(\.key).sorted() }

    /// Trainers that are connected, or were heard of within three heartbeats.
    func availableMembers(_ now: Instant) -> [String] {
        let window = 3 * Double(session.spec.heartbeatSeconds)
        return trainers.filter { name in
            guard let presence = presence[name] else { return false }
            return presence.isConnected || now.seconds(since: presence.lastSeen) <= window
        }
    }

    package func activeClients(_ now: Instant) -> Int {
        let window = 3 * Double(session.spec.heartbeatSeconds)
        return presence.values.count { $0.isConnected || now.seconds(since: $0.lastSeen) <= window }
    }

    package var totalClients: Int { members.count }

    package func member(_ client: String) -> MemberRecord? { members[client] }

    /// The round under way, or the last committed one.
    package var currentRound: Int {
        switch phase {
        case .collecting(let open), .unmasking(let open), .aggregating(let open): open.record.round
        case .gathering, .initialising, .selecting, .drawing, .evaluating, .ended: committedRounds
        }
    }

    package var cohort: Int? {
        switch phase {
        case .collecting(let open), .unmasking(let open), .aggregating(let open): open.record.cohort.count
        case .gathering, .initialising, .selecting, .drawing, .evaluating, .ended: lastOutcome?.selected
        }
    }

    /// The attempt that takes an update of this client now.
    package func openAttempt(_ client: String) -> AttemptKey? {
        guard case .collecting(let open) = phase, open.isInCohort(client), !open.has(client) else { return nil }
        return !open.isSecure || maskedUpload(client) != nil ? open.key : nil
    }

    /// What the session waits for.
    package func blockers(_ now: Instant) -> [Blocker] {
        var blockers: [Blocker] = []
        switch phase {
        case .gathering:
            let have = trainers.count
            let missing = needed.count - have
            if missing > 0 { blockers.append(clientsBlocker(have, missing == 1 ? "let one more client join" : "let \(missing) more clients join")) }
            if session.model == nil {
                blockers.append(
                    Blocker(
                        what: "model", asked: 1, have: 0,
                        fix: "give 'model' when the session is created, or let a client join with a data_schema"))
            }
            if session.spec.initialModel != nil && session.warmStart == nil {
                blockers.append(
                    Blocker(
                        what: "initial_model", asked: 1, have: 0,
                        fix: "PUT …/initial-model with a model file, as 'tutti-coordinator session create --initial-model' does"))
            }
            if blockers.isEmpty && !session.spec.autoStart {
                blockers.append(Blocker(what: "start", asked: 1, have: 0, fix: "auto_start is off: POST …/start"))
            }
        case .selecting where session.spec.secureAggregation != nil:
            let gathering = secureGathering()
            if gathering.there.count < gathering.least {
                blockers.append(
                    Blocker(
                        what: "clients", asked: gathering.least, have: gathering.there.count,
                        fix: epoch == nil ? drawAdvice : "members of the groups must connect; who joined later takes no part in training"
                    ))
            }
        case .drawing(let draw):
            blockers.append(
                Blocker(
                    what: "groups", asked: draw.names.count, have: draw.names.count - draw.silent.count,
                    fix: "every member answers the draw of groups; who does not by its deadline is left out of the next draw"))
        case .selecting:
            let have = availableMembers(now).count
            if have < needed.count { blockers.append(clientsBlocker(have, "registered clients must connect or send a heartbeat")) }
        case .initialising, .collecting, .unmasking, .aggregating, .evaluating, .ended: break
        }
        return blockers
    }

    /// Where more clients are waited for than were asked for, why.
    private func clientsBlocker(_ have: Int, _ fix: String) -> Blocker {
        let why = needed.why.map { "\(needed.count) clients are needed because \($0); have \(have): " } ?? ""
        return Blocker(what: "clients", asked: needed.count, have: have, fix: why + fix)
    }
}
