internal import CryptoSuite
internal import Learning
internal import SecureAggregation
internal import Wire

// The groups of a session: drawn once, before the first round, and kept.
extension CoordinatorMachine {
    private static let mostDrawSeconds = 15.0

    /// Trainers with an open control channel: only they can take part in a draw or in a secure round.
    private var connectedTrainers: [String] { trainers.filter { presence[$0]?.isConnected == true } }

    /// What a selection waits for: who is there, how many would be all, and how many have to be. The same numbers decide
    /// when the machine wants to be woken, so that it never waits for nothing.
    struct Gathering {
        var there: [String]
        var all: Int
        var least: Int
        /// The round cannot be gone on with by those who may, while others are there: it is closed as it is.
        var isHopeless = false
    }

    func secureGathering() -> Gathering {
        guard let epoch else {
            let connected = willing
            let answering = connected.filter { !silentInDraws.contains($0) }
            let there = answering.count >= needed.count ? answering : connected
            return Gathering(
                there: there, all: min(trainers.count, session.spec.cohortSize(registered: trainers.count, needed: needed.count)), least: needed.count)
        }
        // Asked with every event while a round is to begin: both lists rise, and no set is made of them.
        let (excluded, retry) = (excludedMembers, retryMembers)
        func isThere(_ member: Int) -> Bool {
            guard epoch.names.indices.contains(member) else { return false }
            return presence[epoch.names[member]]?.isConnected == true && trainers.hasSorted(epoch.names[member])
        }
        let allowed = (retry ?? epoch.partition.members).filter { !excluded.contains($0) }
        let there = allowed.filter(isThere).map { epoch.names[$0] }
        let quorum = epoch.plan.quorum
        return Gathering(
            there: there, all: allowed.count, least: quorum,
            isHopeless: retry != nil && there.count < quorum && epoch.partition.members.count(where: isThere) >= quorum)
    }

    /// Whom a draw may have. Against a lying coordinator every member needs a key of its own: of two with one key the second
    /// does not take part.
    private var willing: [String] {
        let open = connectedTrainers.filter { refusedDraws[$0] == nil }
        guard session.spec.secureAggregation?.mode == .maliciousServer else { return open }
        var keys = Set<[UInt8]>(minimumCapacity: open.count)
        return open.filter { name in presence[name].map { !$0.identity.isEmpty && keys.insert($0.identity).inserted } ?? false }
    }

    /// What a session that has no groups waits for, besides more clients.
    var drawAdvice: String {
        var advice = "registered clients must connect"
        if session.spec.secureAggregation?.mode == .maliciousServer { advice += ", each with an identity key of its own" }
        guard let first = refusedDraws.min(by: { $0.key < $1.key }) else { return advice }
        let others = refusedDraws.count > 1 ? " (and \(refusedDraws.count - 1) more)" : ""
        return "\(advice); \(first.key) refuses\(others): \(first.value)"
    }

    /// Whom the open round's next attempt may have; nil: everybody in the groups.
    var retryMembers: [Int]? { retry.flatMap { $0.round == committedRounds + 1 ? $0.members : nil } }

    // MARK: Drawing

    mutating func beginDraw(_ names: [String], _ now: Instant) -> [CoordinatorEffect] {
        guard let secure = session.spec.secureAggregation, let suite else { return [] }
        let names = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let number = (session.draws ?? 0) + 1
        let deadline = now.adding(seconds: min(Self.mostDrawSeconds, session.spec.roundDeadlineSeconds / 4))
        // Not every number of members can hold each other's secrets: the most that can, and those that are needed can.
        for count in stride(from: names.count, through: min(names.count, needed.count), by: -1) {
            guard let plan = try? session.spec.securePlan(members: count, dimension: session.model?.parameterCount ?? 1),
                let draw = try? EpochDraw(
                    number: number, session: session.id, names: Array(names.prefix(count)), identities: { presence[$0]?.identity ?? [] }, plan: plan,
                    spec: secure, deadline: deadline, suite: suite)
            else { continue }
            session.draws = number
            phase = .drawing(draw)
            // The number is durable before anybody hears it: no two draws have one.
            return [.persist(.session(session))] + draw.names.flatMap { secureFrames(draw.messages, round: 0, attempt: number, to: $0) }
        }
        return []
    }

    mutating func drawReply(_ client: String, _ frame: SecureFrame, _ now: Instant) -> [CoordinatorEffect] {
        if let refusal = try? DrawRefusal(encoded: frame.message) { return drawRefused(client, frame.attempt, refusal, now) }
        guard case .drawing(var draw) = phase, frame.attempt == draw.number, let suite, let index = draw.names.firstIndex(of: client) else { return [] }
        let wasOpen = draw.commitmentList == nil
        switch MessageKind(of: frame.message) {
        case .nonceCommitment:
            guard let item = try? EpochEncoding.decode(frame.message, .nonceCommitment), item.index == index else { return [] }
            draw.take(commitment: item)
        case .partitionReveal:
            guard let item = try? EpochEncoding.decode(frame.message, .partitionReveal), item.index == index, draw.take(nonce: item, suite: suite) else {
                return []
            }
        default: return []
        }
        phase = .drawing(draw)
        if let list = draw.commitmentList, wasOpen {
            let message = EpochEncoding.encode(list, .nonceCommitments)
            return draw.names.flatMap { secureFrames([message], round: 0, attempt: draw.number, to: $0) }
        }
        guard let list = draw.nonceList, let commitments = draw.commitmentList,
            let drawn = try? EpochContext(invitation: draw.invitation, commitments: commitments, nonces: list, plan: draw.plan, suite: suite)
        else { return [] }
        epoch = drawn
        silentInDraws = []
        session.epoch = drawn.kept
        phase = .selecting(attempt: 1, since: now)
        let told = draw.names.flatMap { secureFrames([EpochEncoding.encode(list, .nonces)], round: 0, attempt: draw.number, to: $0) }
        // The groups are durable before anybody knows them.
        return [.persist(.session(session))] + told + proceed(now)
    }

    /// Without a member there is no draw: the next one is tried with who is left, once the others have had time to refuse too.
    private mutating func drawRefused(_ client: String, _ number: Int, _ refusal: DrawRefusal, _ now: Instant) -> [CoordinatorEffect] {
        guard epoch == nil, number == session.draws, presence[client] != nil else { return [] }
        refusedDraws[client] = String(decoding: refusal.reason, as: UTF8.self)
        guard case .drawing(let draw) = phase, draw.names.contains(client) else { return [] }
        phase = .selecting(attempt: 1, since: now)
        return proceed(now)
    }

    mutating func drawDue(_ draw: EpochDraw, _ now: Instant) -> [CoordinatorEffect] {
        guard now >= draw.deadline else { return [] }
        silentInDraws.formUnion(draw.silent)
        phase = .selecting(attempt: 1, since: now)
        return proceed(now)
    }

    // MARK: Frames

    /// To one member that is connected; what a frame cannot hold is our fault and is not sent.
    func secureFrames(_ messages: [[UInt8]], round: Int, attempt: Int, to client: String) -> [CoordinatorEffect] {
        guard presence[client]?.isConnected == true else { return [] }
        return messages.map { .send(.secure(SecureFrame(sessionID: session.id, round: round, attempt: attempt, message: $0)), to: client) }
    }

    /// A member that connects is told of the draw under way, or of the groups.
    func epochFrames(to client: String) -> [CoordinatorEffect] {
        if case .drawing(let draw) = phase {
            return draw.names.contains(client) ? secureFrames(draw.messages, round: 0, attempt: draw.number, to: client) : []
        }
        guard let epoch, epoch.index(of: client) != nil else { return [] }
        return secureFrames(epoch.messages, round: 0, attempt: epoch.number, to: client)
    }
}
