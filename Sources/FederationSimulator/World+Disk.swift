internal import Federation
internal import Learning

// The coordinator's disk: a write counts when it is done. A crash drops what is not done; the disk writes in order, so
// that of the writes under way the first few may be there, each of them whole.
extension World {
    /// How long the shell waits for room before it tries again, as in production.
    private static let fullRetry: Int64 = 500
    /// How much a disk that lies may forget.
    private static let syncLag: Int64 = 150

    mutating func begin(_ content: PendingWrite.Content) {
        writes.append(PendingWrite(id: nextWrite, content: content))
        plan(.written(epoch: epoch, nextWrite), in: writeTime())
        nextWrite += 1
    }

    mutating func written(_ begun: Int, _ id: Int) {
        guard begun == epoch, coordinator != nil, let at = writes.firstIndex(where: { $0.id == id }) else { return }
        let isFull = now < diskIsFullUntil
        if configuration.plantedBug == .syncLies && now - platter.at >= Self.syncLag { platter = (store, now) }
        switch writes[at].content {
        case .changes(let changes):
            if isFull {
                coordinator?.isFull = true
                return plan(.written(epoch: epoch, id), in: Self.fullRetry)
            }
            writes.remove(at: at)
            if coordinator?.isFull == true {
                coordinator?.isFull = false
                openSince = now
            }
            makeDurable(changes)
            coordinator?.isWriting = false
            runEffects()
        case .contribution(let record, let delta, let upload):
            writes.remove(at: at)
            if isFull { return answer(upload.id, .failed(.retry(afterSeconds: nil))) }
            contributionWritten(record, delta, upload)
        case .charge(let charge, let job):
            // Asked again until there is room, as in production.
            if isFull { return plan(.written(epoch: epoch, id), in: Self.fullRetry) }
            writes.remove(at: at)
            chargeWritten(charge, job)
        }
    }

    mutating func makeDurable(_ changes: [DurableChange]) {
        note("written", changes.count)
        for change in changes {
            record("durable: \(change)")
            store.apply(change)
            checker.became(durable: change, store, now, clock: coordinatorClock, openSince: openSince, slack: slack)
            if case .round(let round) = change, round.state == .configured { beginChurn() }
        }
    }

    /// What of the writes under way a crash leaves; nothing where they were waiting for room.
    mutating func crashDisk(isFull: Bool) {
        if configuration.plantedBug == .syncLies { store = platter.store }
        let kept = writes.isEmpty || isFull ? 0 : weather.below(writes.count + 1)
        for write in writes.prefix(kept) {
            switch write.content {
            case .changes(let changes): makeDurable(changes)
            case .contribution(let record, let delta, _): _ = store.store(record, delta: delta)
            case .charge(let charge, _): _ = pay(charge)
            }
        }
        if configuration.plantedBug == .forgetsLedger { store.forgetLedger() }
        if configuration.plantedBug == .tearsTransactions, kept < writes.count,
            case .changes(let changes) = writes[kept].content, changes.count > 1
        {
            makeDurable(changes.suffix(1))
        }
        writes = []
    }

    /// Some leave as the round begins, and come back.
    private mutating func beginChurn() {
        guard faults.churn > 0 else { return }
        for client in clients.indices where happens(faults.churn) { plan(.clientLeaves(client), in: pick(0...800)) }
    }
}
