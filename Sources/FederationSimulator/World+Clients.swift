internal import Federation
internal import Learning
internal import Wire

// The clients' shell: their lives, their clocks, their disks, and their effects in order.
extension World {
    /// How much a client's disk that lies may forget.
    private static let syncLag: Int64 = 400

    mutating func startClient(_ index: Int) {
        guard !clients[index].isUp, clients[index].outcome == nil, !(clients[index].staysAway && clients[index].life > 0) else { return }
        note("client starts", index)
        clients[index].isUp = true
        clients[index].life += 1
        if !clients[index].findsWhatWasPromised {
            checker.violated(.durableStaysDurable, now, "\(clients[index].name) finds an older state than it had written")
        }
        if configuration.plantedBug == .clientForgetsLedger { clients[index].forgetLedger() }
        if let own = clients[index].own { checker.findsOwn(own, of: clients[index].name, now) }
        plan(.joinArrives(index, life: clients[index].life), in: networkDelay())
    }

    /// Memory is gone, the folder stays.
    /// - Parameter away: how long it stays away.
    mutating func crashClient(_ index: Int, away: ClosedRange<Int64> = 10...1500) {
        guard clients[index].isUp, clients[index].outcome == nil else { return }
        note("client crashes", index)
        if let link = clients[index].link { breakLink(link) }
        checker.losesTraining(clients[index].name)
        let writes = clients[index].writesUnderWay
        let kept = writes > 0 ? weather.below(writes + 1) : 0
        clients[index].crash(kept: kept, now: now, lag: configuration.plantedBug == .clientSyncLies ? Self.syncLag : nil)
        if !clients[index].staysAway { plan(.clientStarts(index), in: faults == .none ? 1 : pick(away)) }
    }

    func isAlive(_ index: Int, _ life: Int) -> Bool {
        clients[index].isUp && clients[index].life == life && clients[index].outcome == nil
    }

    mutating func joinAnswered(_ index: Int, _ life: Int, _ isIn: Bool) {
        guard isAlive(index, life), clients[index].machine == nil else { return }
        if !isIn && store.session.status.isFinal {
            // Too late to join: the node tells its owner and goes.
            clients[index].outcome = .ended(status: store.session.status.rawValue, reason: "")
            return
        }
        guard isIn else { return plan(.joinArrives(index, life: life), in: 100 + networkDelay()) }
        let isForgetful = configuration.plantedBug == .clientForgets
        clients[index].makeMachine(isForgetful: isForgetful)
        tell(index, .started)
    }

    private func clock(_ index: Int) -> Int64 { Self.epochStart + now + clients[index].ahead }

    mutating func clientTimer(_ index: Int, _ life: Int, _ at: Int64) {
        guard isAlive(index, life), clients[index].timer == at else { return }
        clients[index].timer = nil
        tell(index, .tick)
    }

    /// An event reaches the machine.
    mutating func tell(_ index: Int, _ event: ClientEvent) {
        let client = clients[index]
        guard client.outcome == nil else { return }
        client.handle(event, Instant(milliseconds: clock(index)))
        runEffects(of: index)
    }

    private mutating func runEffects(of index: Int) {
        let client = clients[index]
        while let effect = client.next() {
            record("client \(index) does \(effect)")
            if happens(faults.effectCrash) {
                if case .persist(let state) = effect { client.begin(state) }
                return crashClient(index)
            }
            perform(effect, index)
        }
        guard let next = client.newDeadline else { return }
        client.timer = next
        plan(.clientTimer(index, life: client.life, at: next), in: max(1, next - clock(index)))
    }

    mutating func clientWritten(_ index: Int, _ life: Int) {
        guard isAlive(index, life) else { return }
        // What cannot be made durable must not be built upon: the node ends, and its owner starts it again.
        if now < clients[index].diskIsFullUntil { return crashClient(index) }
        let paid = clients[index].finishWrite(now)
        clients[index].isWriting = false
        if let paid { return paidFor(paid, index) }
        runEffects(of: index)
    }

    private mutating func perform(_ effect: ClientEffect, _ index: Int) {
        let life = clients[index].life
        switch effect {
        case .connect: plan(.connectArrives(index, life: life), in: networkDelay())
        case .send(let message):
            guard let link = clients[index].link, !links[link].isBroken else { return }
            var message = message
            if case .secure(let frame) = message {
                let frame = isShareForger(index) ? forged(frame) : frame
                message = .secure(frame)
                checker.reveals(frame, now)
            }
            // What the codec refuses is not sent, as in production.
            guard let bytes = try? ControlCodec.encode(message) else { return note("unsendable", index) }
            plan(.frameToCoordinator(link: link, bytes), in: frameTime(link, toClient: false))
        case .fetchModel(let digest, let path):
            if clients[index].model?.digest == digest { return plan(.modelAnswered(index, life: life, digest: digest, []), in: 0) }
            plan(.modelAsked(index, life: life, digest: digest, path: path), in: networkDelay())
        case .fetchControl(let digest, let path):
            if clients[index].control?.digest == digest { return plan(.modelAnswered(index, life: life, digest: digest, []), in: 0) }
            clients[index].controlsAsked.insert(digest)
            plan(.modelAsked(index, life: life, digest: digest, path: path), in: networkDelay())
        case .train(let start, _): train(index, start)
        case .cancelTraining: clients[index].serial += 1
        case .pay(let claim): pay(claim, index)
        case .drawEntropy(let use): tell(index, .entropy(use, entropy(index, use)))
        case .mask(let job): mask(index, job)
        case .notice(let text), .warning(let text): record("client \(index) tells its owner: \(text)")
        case .persist(let state):
            clients[index].begin(state)
            let waits = configuration.plantedBug != .clientSendsBeforePersisting
            clients[index].isWriting = waits
            plan(.clientWritten(index, life: life), in: writeTime())
        case .upload(let update, let encoding): upload(index, update, encoding)
        case .evaluate(let request): plan(.evaluated(index, life: life, request), in: pick(configuration.training))
        case .discard(let digest): clients[index].bodies[digest] = nil
        case .finished(let outcome):
            note("client ends", index)
            clients[index].outcome = outcome
            if case .budgetExhausted = outcome, let link = clients[index].link { breakLink(link) }
        }
    }

    private mutating func upload(_ index: Int, _ update: PendingUpdate, _ encoding: UploadEncoding) {
        let life = clients[index].life
        if clients[index].state.pending != update && configuration.plantedBug != .clientForgets {
            checker.violated(.durableBeforeVisible, now, "\(clients[index].name) sends an update that its state does not hold yet")
        }
        guard let body = clients[index].bodies[update.digest] else {
            return plan(.uploadAnswered(Upload(client: index, life: life, key: update.key, body: []), .failed(.refused("body is gone"))), in: 0)
        }
        checker.delivers(clients[index].name, update.key)
        let packed = encoding == .identity ? nil : BulkCodec.compressWherePays(body)
        post(Upload(client: index, life: life, key: update.key, body: packed ?? body, isCompressed: packed != nil))
    }

    mutating func uploadAnswered(_ upload: Upload, _ answer: UploadAnswer) {
        guard isAlive(upload.client, upload.life) else { return }
        switch answer {
        case .accepted: tell(upload.client, .uploaded(upload.key))
        case .failed(let failure):
            if case .refused = failure { checker.isRefused(clients[upload.client].name, upload.key) }
            tell(upload.client, .uploadFailed(upload.key, failure))
        }
    }

    // MARK: Link

    mutating func connectAnswered(_ index: Int, _ life: Int, _ link: Int?) {
        guard isAlive(index, life) else {
            if let link { breakLink(link) }
            return
        }
        guard let link, !links[link].isBroken else { return tell(index, .connectFailed(reason: "no answer", fatal: false)) }
        clients[index].link = link
        tell(index, .connected)
    }

    mutating func frameToClient(_ link: Int, _ bytes: [UInt8]) {
        let (index, life) = (links[link].client, links[link].life)
        guard isAlive(index, life), clients[index].link == link, !links[link].isBroken else { return }
        note("to client", index, bytes)
        guard let message = try? frames.decode(bytes) else { return breakLink(link) }
        record("client \(index) hears \(message)")
        tell(index, .message(message))
    }

    mutating func linkClosedAtClient(_ link: Int) {
        let index = links[link].client
        guard clients[index].link == link, isAlive(index, links[link].life) else { return }
        clients[index].link = nil
        tell(index, .disconnected(reason: "closed"))
    }
}
