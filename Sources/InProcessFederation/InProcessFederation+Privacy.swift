internal import DifferentialPrivacy
internal import Federation

// The ledger of a federation that lives and ends with the process.
extension InProcessFederation {
    /// Nobody has lost anything before.
    func planned(_ demand: PrivacyDemand) -> CoordinatorEvent {
        do throws(PrivacyError) { return .privacyPlanned(try demand.plan(spent: .zero)) } catch {
            return .budgetRefused(nil, reason: "\(error)")
        }
    }

    /// Pays for a round; then its noise may be drawn, once.
    mutating func pay(_ charge: PrivacyCharge) -> Result<RandomWords?, PrivacyError> {
        Result { () throws(PrivacyError) in
            if charge.isRepeatable {
                _ = try ledger.pay(charge, tenant: machine.session.tenant)
                return nil
            }
            guard let noise else { throw .notReleasable("this federation was given nothing to draw noise from") }
            _ = try ledger.pay(charge, tenant: machine.session.tenant)
            return RandomWords(entropy: noise(charge.id), release: charge.id, suite: common.suite)
        }
    }

    func spent(_ charge: PrivacyCharge) -> Double? {
        ledger.spent(charge.members, tenant: machine.session.tenant, delta: charge.budget.delta)
    }
}
