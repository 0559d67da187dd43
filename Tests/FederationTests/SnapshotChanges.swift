import Federation

extension SessionSnapshot {
    /// As a store does it: what is told again replaces what was there.
    mutating func apply(_ change: DurableChange) {
        switch change {
        case .member(let member):
            members.removeAll { $0.client == member.client }
            members.append(member)
        case .session(let record): session = record
        case .initialModel(let digest): initialModel = digest
        case .round(let record):
            rounds.removeAll { $0.round == record.round && $0.attempt == record.attempt }
            rounds.append(record)
        case .evaluation(let record): evaluation = record
        }
    }
}
