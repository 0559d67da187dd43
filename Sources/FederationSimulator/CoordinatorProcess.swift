internal import Federation
internal import Learning

/// The shell of the coordinator's machine, as production has it: effects strictly in order, what is written first.
final class CoordinatorProcess {
    enum Waiting {
        case join(client: Int, life: Int)
        case admission(upload: Int, body: [UInt8])
        case receipt(upload: Int)
    }

    private var machine: CoordinatorMachine
    private var effects: EffectQueue<CoordinatorEffect>
    var isWriting: Bool {
        get { effects.isWriting }
        set { effects.isWriting = newValue }
    }
    /// A change waits for room on the disk; no new request is taken.
    var isFull = false
    var timer: Int64?
    var nextTicket: UInt64 = 0
    var waiting: [UInt64: Waiting] = [:]
    /// The current link of each client.
    var links: [String: Int] = [:]
    /// The model that was read last.
    var model: (digest: String, file: ModelFile)?

    init(machine: CoordinatorMachine, effects: [CoordinatorEffect]) {
        self.machine = machine
        self.effects = EffectQueue(effects)
    }

    /// Asks the machine in place: it is large, and to read a property of it through an optional copies all of it.
    func ask<Answer>(_ question: (inout CoordinatorMachine) -> Answer) -> Answer { question(&machine) }

    /// - Returns: the attempt that begins with this event, if one does.
    func handle(_ event: CoordinatorEvent, _ now: Instant) -> RoundRecord? {
        let new = machine.handle(event, now: now)
        effects.add(new)
        for case .persist(.round(let record)) in new where record.state == .configured { return record }
        return nil
    }

    /// What is done next: one transaction of changes, or one effect; nil while a write is under way or nothing is left.
    func next() -> (changes: [DurableChange], effect: CoordinatorEffect?)? {
        guard let first = effects.next() else { return nil }
        guard case .persist(let change) = first else { return ([], first) }
        var changes = [change]
        while let change = effects.next(where: { if case .persist(let change) = $0 { change } else { nil } }) { changes.append(change) }
        return (changes, nil)
    }
}
