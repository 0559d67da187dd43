internal import Compute
internal import Federation
import Foundation
internal import Learning
internal import Logging
internal import Storage
internal import Telemetry

/// The shell of one `CoordinatorMachine`: runs its effects strictly in order, turns what comes of them into events, and
/// decides nothing. Who computes is in `+Rounds`, who stores updates in `+Updates`, models in `+Models`, and who talks
/// to the members in `+Members`.
actor SessionHost {
    /// Whether effects can be run.
    private enum Footing {
        case sound
        /// A persist waits for room on the disk; nothing after it is run, and no new request is taken.
        case diskFull
        /// A change could not be stored: the process is about to end.
        case lost
    }

    let id: String
    let tenant: String
    let around: Surroundings
    var machine: CoordinatorMachine
    private var footing = Footing.sound
    private var queue: [CoordinatorEffect] = []
    private var isPumping = false
    private var waiting: [UInt64: CheckedContinuation<CoordinatorReply?, Never>] = [:]
    private var nextTicket: UInt64 = 0
    private var timer: (at: Instant, task: Task<Void, Never>)?
    // +Members
    var channels: [String: any ControlChannel] = [:]
    /// Clients by the hash (hex) of their update token.
    var tokens: [String: String] = [:]
    // +Models
    var models: [(digest: String, round: Int, bytes: [UInt8])] = []
    var base: (digest: String, file: ModelFile)?
    // +Rounds
    var evaluation = EvaluationSet.none
    // +Receipt
    /// Whether nothing more is written of the session: its receipt can be made for good.
    var isClosed: Bool
    var makingReceipt: Task<Result<SessionReceipt, FederationFailure>, Never>?
    // +View
    var traffic = Traffic()
    private var audit: SessionAudit

    /// - Parameters:
    ///   - effects: what a restart left to do; run by `resume`.
    ///   - stored: the session as it is in the store; nil: as the machine has it.
    init(
        machine: CoordinatorMachine, effects: [CoordinatorEffect] = [], members: [MemberRecord] = [], stored: SessionRecord? = nil, around: Surroundings
    ) {
        audit = SessionAudit(stored: stored ?? machine.session)
        self.machine = machine
        var around = around
        // Whatever is logged here is the tenant's and about the session.
        around.log[metadataKey: "tenant"] = "\(machine.session.tenant)"
        around.log[metadataKey: "subject"] = "\(machine.session.id)"
        self.around = around
        id = machine.session.id
        tenant = machine.session.tenant
        queue = effects
        isClosed = machine.session.status.isFinal && effects.isEmpty
        for member in members {
            if let hash = member.updateTokenHash { tokens[Self.name(ofToken: hash)] = member.client }
        }
    }

    func resume(evaluation: EvaluationSet) {
        self.evaluation = evaluation
        startPump()
        arm()
    }

    // MARK: Events

    func handle(_ event: CoordinatorEvent) {
        guard footing != .lost else { return }
        queue += machine.handle(event, now: around.now())
        startPump()
        arm()
    }

    /// - Throws: when nothing can be made durable now; the machine has not seen the event then.
    func ask(_ event: (Ticket) -> CoordinatorEvent) async throws(FederationFailure) -> CoordinatorReply {
        switch footing {
        case .sound: break
        case .diskFull: throw .insufficientStorage
        case .lost: throw Self.stopping
        }
        nextTicket += 1
        let ticket = Ticket(nextTicket)
        let reply = await withCheckedContinuation { continuation in
            waiting[ticket.value] = continuation
            handle(event(ticket))
        }
        guard let reply else { throw Self.stopping }
        return reply
    }

    /// The same, for who has to answer for what comes of it.
    func ask(_ event: (Ticket) -> CoordinatorEvent, by actor: AuditActor, _ action: AuditRecord.Action) async throws(FederationFailure) -> CoordinatorReply {
        // What is under way already is not this one's doing.
        let isBegun = action == .sessionStarted ? machine.session.status == .training : machine.session.status.isFinal
        if !isBegun { audit.asks(actor, for: action) }
        let reply: CoordinatorReply
        do { reply = try await ask(event) } catch {
            if !isBegun { audit.refused(action) }
            throw error
        }
        if !isBegun, case .refused = reply { audit.refused(action) }
        return reply
    }

    private static let stopping = FederationFailure.unavailable(
        "the coordinator cannot store anything and stops; try again when it is back", retryAfterSeconds: Limits.unavailableRetrySeconds)

    deinit { timer?.task.cancel() }

    private func arm() {
        let next = machine.nextDeadline
        guard timer?.at != next else { return }
        timer?.task.cancel()
        timer = next.map { at in
            (
                at,
                Task { [weak self, around] in
                    let wait = max(0, at.seconds(since: around.now()))
                    guard (try? await Task.sleep(for: .milliseconds(Int64(min(wait, 86_400) * 1000) + 1))) != nil else { return }
                    await self?.ticked()
                }
            )
        }
    }

    private func ticked() {
        timer = nil
        handle(.tick)
    }

    // MARK: Effects

    private func startPump() {
        guard !isPumping, !queue.isEmpty else { return }
        isPumping = true
        Task { await pump() }
    }

    private func pump() async {
        while !queue.isEmpty, footing != .lost {
            var changes: [DurableChange] = []
            while case .persist(let change)? = queue.first {
                changes.append(change)
                queue.removeFirst()
            }
            guard changes.isEmpty else {
                await persist(changes)
                continue
            }
            perform(queue.removeFirst())
        }
        isPumping = false
    }

    private func persist(_ changes: [DurableChange]) async {
        let events = SessionEvents.events(of: changes, session: id, tenant: tenant)
        let (entries, after) = audit.entries(for: changes, at: around.now())
        let isStored: Void? = await durably("a change of session \(id)") { [around, id, tenant] () async throws(StorageError) in
            try await around.sessions.apply(changes, events: events, audit: entries, session: id, tenant: tenant)
        }
        guard isStored != nil else { return }
        audit = after
        for case .round(let record) in changes where record.outcome != nil { traffic.closed(record, around.metrics) }
    }

    private func perform(_ effect: CoordinatorEffect) {
        switch effect {
        case .persist: break
        case .initialiseModel(let spec, let schema, let seed): initialise(spec, schema, seed)
        case .send(let message, let client): send(message, to: client)
        case .planPrivacy(let demand): plan(demand)
        case .reply(let ticket, let reply): waiting.removeValue(forKey: ticket.value)?.resume(returning: reply)
        case .aggregate(let job): aggregate(job)
        case .discardContributions(let round): discard(through: round)
        case .finished(let status):
            (models, base, evaluation) = ([], nil, .none)
            isClosed = true
            Task {
                await leaveReceipt()
                await leaveModel()
            }
            around.log.info("session ended", metadata: ["session": "\(id)", "status": "\(status.rawValue)"])
        }
    }

    // MARK: Durability

    /// Runs a write that must not fail: waits for room when the disk is full, and ends the process over anything else.
    /// nil: it could not be done, and nothing may go on from it.
    func durably<Value: Sendable>(
        _ what: String, _ write: @Sendable () async throws(StorageError) -> Value
    ) async -> Value? {
        while footing != .lost {
            do throws(StorageError) {
                let value = try await write()
                if footing == .diskFull { footing = .sound }
                return value
            } catch {
                if case .full = error {
                    if footing == .sound {
                        around.log.error("the disk is full; the session waits for room", metadata: ["session": "\(id)", "cause": "\(error)"])
                    }
                    footing = .diskFull
                    try? await Task.sleep(for: .seconds(Limits.diskFullRetrySeconds))
                } else {
                    lose("\(what) could not be stored (\(error)).")
                }
            }
        }
        return nil
    }

    private func lose(_ why: String) {
        around.log.critical("the coordinator stops", metadata: ["cause": "\(why)"])
        footing = .lost
        timer?.task.cancel()
        around.halt(why)
        let left = waiting
        waiting = [:]
        for (_, continuation) in left { continuation.resume(returning: nil) }
        for channel in channels.values { channel.close() }
    }
}
