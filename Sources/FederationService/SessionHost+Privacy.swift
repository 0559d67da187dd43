internal import Compute
internal import CryptoSuite
internal import DifferentialPrivacy
internal import Federation
internal import Logging
internal import Storage
internal import Trust

// Differential privacy: who asks the ledger, and who draws the noise.
extension SessionHost {
    func plan(_ demand: PrivacyDemand) {
        Task {
            do throws(StorageError) {
                let spent = try await around.sessions.past(demand.members, tenant: tenant)
                let planned = await around.pool.run { Result { () throws(PrivacyError) in try demand.plan(spent: spent) } }
                switch planned {
                case .success(let plan): handle(.privacyPlanned(plan))
                case .failure(let error): handle(.budgetRefused(nil, reason: "\(error)"))
                }
            } catch { handle(.budgetRefused(nil, reason: "the ledger of privacy cannot be read: \(error)")) }
        }
    }

    /// What the coordinator's noise of a round is drawn from, once it is paid for and that is durable; nil: it is not paid for, and the machine knows.
    func pay(_ charge: PrivacyCharge, _ job: AggregationJob) async -> (epsilon: Double, noise: RandomWords?)? {
        let paid = await durably("the charge of a round of session \(id)") { [around, tenant] () async throws(StorageError) in
            try await around.sessions.pay(charge, tenant: tenant)
        }
        guard let paid else { return nil }
        switch paid {
        case .success(let epsilon):
            if charge.isRepeatable { return (epsilon, nil) }
            // Drawn now, kept nowhere: nobody can draw this noise a second time.
            return (epsilon, RandomWords(entropy: Secret(RandomSource.system.bytes(32)), release: charge.id, suite: .system))
        case .failure(let error):
            around.log.warning("a round is not paid for", metadata: ["session": "\(id)", "round": "\(job.round)", "reason": "\(error)"])
            handle(job.unpaid(error))
            return nil
        }
    }
}
