internal import CryptoSuite
internal import Federation

// The coordinator's shell: its life, its clock, and its effects in order.
extension World {
    mutating func startCoordinator() {
        guard coordinator == nil else { return }
        note("coordinator starts", epoch)
        epoch += 1
        openSince = now
        let instant = Instant(milliseconds: coordinatorClock)
        if epoch == 1 {
            var session = store.session
            if configuration.plantedBug == .commitsBelowQuorum { session.spec.quorum = 1 }
            coordinator = CoordinatorProcess(machine: CoordinatorMachine(session: session, suite: .simulated), effects: [])
        } else {
            coordinatorRestarts += 1
            checker.audit(store, now)
            var snapshot = store.snapshot()
            spoil(&snapshot)
            let (machine, effects) = CoordinatorMachine.restored(from: snapshot, now: instant, suite: .simulated)
            coordinator = CoordinatorProcess(machine: machine, effects: effects)
        }
        runEffects()
    }

    private func spoil(_ snapshot: inout SessionSnapshot) {
        switch configuration.plantedBug {
        case .losesContributions: snapshot.contributions = []
        case .drawsAgain where snapshot.rounds.allSatisfy({ $0.outcome != nil }): snapshot.session.epoch = nil
        case .forgetsOffences: snapshot.session.offenders = nil
        case .opensTwice:
            for index in snapshot.rounds.indices where snapshot.rounds[index].state == .sealed && snapshot.rounds[index].secure != nil {
                snapshot.rounds[index].state = .configured
            }
        case .restartExtendsDeadline:
            for index in snapshot.rounds.indices where snapshot.rounds[index].state == .configured {
                snapshot.rounds[index].deadline = snapshot.rounds[index].deadline.adding(seconds: configuration.spec.roundDeadlineSeconds)
            }
        default: break
        }
    }

    mutating func crashCoordinator() {
        guard let process = coordinator else { return }
        note("coordinator crashes", epoch)
        coordinator = nil
        crashDisk(isFull: process.isFull)
        for ticket in process.waiting.keys.sorted() {
            guard case .join(let client, let life)? = process.waiting[ticket] else { continue }
            plan(.joinAnswered(client, life: life, isIn: false), in: networkDelay())
        }
        for link in links.indices { breakLink(link) }
        for id in openUploads.keys.sorted() { answer(id, .failed(.retry(afterSeconds: nil))) }
        plan(.coordinatorStarts, in: faults == .none ? 1 : pick(10...1500))
    }

    mutating func coordinatorTimer(_ timed: Int, _ at: Int64) {
        guard timed == epoch, coordinator?.timer == at else { return }
        coordinator?.timer = nil
        tell(.tick)
    }

    /// An event reaches the machine.
    mutating func tell(_ event: CoordinatorEvent) {
        let instant = Instant(milliseconds: coordinatorClock)
        let begun = coordinator?.handle(event, instant)
        if let begun {
            let connected = coordinator?.links.keys.sorted() ?? []
            checker.selects(begun, connected: connected, most: coordinator?.ask { $0.session.privacy?.floors.cohort } ?? .max, now)
        }
        runEffects()
    }

    /// - Returns: false when no request is taken now, and the machine does not see this one.
    mutating func ask(_ waiting: CoordinatorProcess.Waiting, _ event: (Ticket) -> CoordinatorEvent) -> Bool {
        guard let ticket = coordinator?.nextTicket, coordinator?.isFull == false else { return false }
        coordinator?.nextTicket += 1
        coordinator?.waiting[ticket] = waiting
        tell(event(Ticket(ticket)))
        return true
    }

    mutating func runEffects() {
        while let (changes, effect) = coordinator?.next() {
            if !changes.isEmpty {
                let waits = configuration.plantedBug != .sendsBeforePersisting
                coordinator?.isWriting = waits
                begin(.changes(planted(changes)))
            }
            if happens(faults.effectCrash) { return crashCoordinator() }
            if let effect { perform(effect) }
        }
        armCoordinator()
    }

    /// What is written instead, when a bug is planted.
    private mutating func planted(_ changes: [DurableChange]) -> [DurableChange] {
        guard let bug = configuration.plantedBug else { return changes }
        var out: [DurableChange] = []
        for change in changes {
            guard case .round(var record) = change else {
                out.append(change)
                continue
            }
            if bug == .sealsTwice, record.state == .committed, let sealed = record.sealed, sealed.count > 1 {
                var again = record
                (again.state, again.outcome, again.sealed) = (.sealed, nil, Array(sealed.dropLast()))
                out.append(.round(again))
            }
            if bug == .reusesAttempt, record.attempt > 1, record.state == .configured { record.attempt -= 1 }
            out.append(.round(record))
        }
        return out
    }

    private mutating func armCoordinator() {
        guard let next = coordinator?.ask({ $0.nextDeadline?.milliseconds }) else { return }
        if coordinator?.timer == next || configuration.plantedBug == .ignoresDeadline { return }
        coordinator?.timer = next
        plan(.coordinatorTimer(epoch: epoch, at: next), in: max(1, next - coordinatorClock))
    }

    private mutating func perform(_ effect: CoordinatorEffect) {
        switch effect {
        case .persist: break
        case .initialiseModel(let spec, let schema, let seed):
            plan(.modelMade(epoch: epoch, spec, schema, seed: seed), in: writeTime())
        case .send(let message, let client): send(message, to: client)
        case .planPrivacy(let demand): plan(.privacyPlanned(epoch: epoch, demand), in: pick(configuration.training))
        case .reply(let ticket, let reply): answer(ticket, reply)
        case .aggregate(let job): plan(.aggregationDue(epoch: epoch, job), in: writeTime())
        case .discardContributions(let round): store.discard(throughRound: round)
        case .finished: note("finished", epoch)
        }
    }

    private mutating func answer(_ ticket: Ticket, _ reply: CoordinatorReply) {
        guard let waiting = coordinator?.waiting.removeValue(forKey: ticket.value) else { return }
        switch waiting {
        case .join(let client, let life): joined(client, life, reply)
        case .admission(let upload, let body): admitted(upload, body, reply)
        case .receipt(let upload): receipt(upload, reply)
        }
    }
}
