internal import CryptoSuite
internal import DifferentialPrivacy
internal import Federation

// Differential privacy in the shells: the plan, the ledger on the coordinator's disk, the noise, and the clients' own ledgers.
extension World {
    // MARK: The coordinator

    /// The ledger is read, and the noise planned with what it says.
    mutating func privacyPlanned(_ begun: Int, _ demand: PrivacyDemand) {
        guard begun == epoch, coordinator != nil else { return }
        var demand = demand
        demand.request.accountant = .renyi
        do throws(PrivacyError) {
            tell(.privacyPlanned(try demand.plan(spent: store.ledger.past(demand.members, tenant: store.session.tenant))))
        } catch {
            checker.privacy.refuses(error)
            tell(.budgetRefused(nil, reason: "\(error)"))
        }
    }

    /// It has just been written, or a crash has left it.
    mutating func pay(_ charge: PrivacyCharge) -> Result<LedgerChange?, PrivacyError> {
        var asked = charge
        if configuration.plantedBug == .ignoresBudget, let any = try? PrivacyBudget(epsilon: .greatestFiniteMagnitude, delta: charge.budget.delta) {
            asked.budget = any
        }
        let paid = store.pay(asked)
        if case .success(let change?) = paid { checker.charges(change, within: charge.budget, now) }
        return paid
    }

    /// - Parameter job: nil: of another session.
    mutating func chargeWritten(_ charge: PrivacyCharge, _ job: AggregationJob?) {
        note("charge", charge.members.count)
        let paid = pay(charge)
        guard let job, configuration.plantedBug != .chargesAfterCommit else { return }
        switch paid {
        case .success: draw(charge, job)
        case .failure(.notReleasable) where configuration.plantedBug == .drawsNoiseAgain: draw(charge, job)
        case .failure(let error):
            checker.privacy.refuses(error)
            if configuration.plantedBug == .hidesSpentBudget { return tell(.aggregationFailed(round: job.round, attempt: job.attempt, reason: "\(error)")) }
            tell(job.unpaid(error))
        }
    }

    /// What is computed with the noise takes its time, in which a crash loses it; masked updates have a deadline to keep.
    private mutating func draw(_ charge: PrivacyCharge, _ job: AggregationJob) {
        plan(
            .privateResult(epoch: epoch, job, charge.isRepeatable ? nil : noise(of: charge)),
            in: pick(job.masked == nil ? configuration.training : configuration.disk))
    }

    mutating func privateResult(_ begun: Int, _ job: AggregationJob, _ noise: RandomWords?) {
        guard begun == epoch, coordinator != nil else { return }
        // The disk is asked again until it has room for the model.
        if now < diskIsFullUntil { return plan(.privateResult(epoch: begun, job, noise), in: diskIsFullUntil - now) }
        compute(job, noise: noise)
    }

    /// Drawn from the world's seed, so that a run repeats, and kept by nobody but the checker.
    mutating func noise(of charge: PrivacyCharge) -> RandomWords {
        let entropy = Secret(words(32) { _ in weather.next() })
        checker.draws(charge.id, entropy, now)
        return RandomWords(entropy: entropy, release: charge.id, suite: .simulated)
    }

    /// Another session of the same clients has a round.
    mutating func neighbourPays(_ number: Int) {
        guard coordinator != nil, let privacy = store.session.privacy else { return }
        begin(
            .charge(
                PrivacyCharge(
                    id: "fl-session-neighbour/\(number + 1)/1", members: clients.map { LedgerEntry(client: $0.name, dataset: "default") },
                    release: privacy.release, budget: privacy.budget), nil))
    }

    // MARK: The clients

    /// Durable before anything is worked for it.
    mutating func pay(_ claim: PrivacyClaim, _ index: Int) {
        guard var own = clients[index].own else { return tell(index, .paid(claim.key)) }
        do throws(PrivacyError) {
            guard try own.admit(claim) else { return paidFor(claim.key, index) }
            clients[index].begin(own, for: claim.key)
            let waits = configuration.plantedBug != .clientPaysLate
            clients[index].isWriting = waits
            plan(.clientWritten(index, life: clients[index].life), in: writeTime())
            if !waits { paidFor(claim.key, index) }
        } catch { tell(index, .unpayable(claim.key, reason: "\(error)")) }
    }

    mutating func paidFor(_ key: AttemptKey, _ index: Int) {
        checker.pays(clients[index].name, "\(session)/\(key.round)", clients[index].own, now)
        tell(index, .paid(key))
    }
}
