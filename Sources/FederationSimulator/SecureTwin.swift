internal import CryptoSuite
internal import DifferentialPrivacy
internal import Federation
internal import Learning
internal import RobustAggregation
internal import SecureAggregation
internal import Wire

/// Sees what a coordinator that is curious would see, and what a secure round's model has to be: sums of the whole numbers that
/// clients encoded, without masks, keys or shares.
struct SecureTwin {
    private struct Encoded: Hashable {
        var client: String
        var round: Int
        var base: String
    }

    /// By client, round and base: the whole numbers of its update.
    private var updates: [Encoded: [UInt32]] = [:]
    /// Of each round: the attempt whose survivors were told, and who they are.
    private(set) var asked: [Int: (attempt: Int, survivors: [Int])] = [:]
    /// Kinds of shares that members gave away, by attempt and dealer.
    private var revealed: [AttemptKey: [Int: Kinds]] = [:]
    private struct Kinds: OptionSet { let rawValue: UInt8 }
    /// The request to open that was read last.
    private var heard: (message: [UInt8], request: UnmaskRequest, survivors: [String])?
    private var offences: [String: OffenderRecord.Member] = [:]
    /// As it was read last.
    private var kept: SecureEpoch?
    private(set) var epoch: (number: Int, invitation: EpochInvitation, partition: SecureAggregation.Partition)?

    // MARK: What clients do

    /// false: another vector than for an earlier attempt at the same round.
    mutating func encodes(_ client: String, _ round: Int, base: String, _ lanes: [UInt32]) -> Bool {
        let key = Encoded(client: client, round: round, base: base)
        if let before = updates[key] { return before == lanes }
        updates[key] = lanes
        return true
    }

    /// Whether what the coordinator stores is an update that anybody can read.
    func isInTheClear(_ client: String, _ round: Int, base: String, packed: [UInt8], width: Int) -> Bool {
        guard let lanes = updates[Encoded(client: client, round: round, base: base)] else { return false }
        var vector = MaskedVector(zeros: lanes.count, width: width)
        guard (try? vector.add(packed: packed)) != nil else { return false }
        return vector.lanes == lanes
    }

    // MARK: What is durable

    mutating func keeps(_ session: SessionRecord) -> String? {
        guard let kept = session.epoch else { return epoch == nil ? nil : "the groups are gone" }
        // The same words say the same.
        if kept == self.kept { return nil }
        guard let invitation = bytes(hexadecimal: kept.invitation).flatMap({ try? EpochInvitation(encoded: $0) }),
            let commitments = bytes(hexadecimal: kept.commitments).flatMap({ try? EpochEncoding.decodeList($0, .nonceCommitments) }),
            let nonces = bytes(hexadecimal: kept.nonces).flatMap({ try? EpochEncoding.decodeList($0, .nonces) }),
            let partition = try? Partition(terms: invitation.terms, commitments: commitments, nonces: nonces, suite: .simulated)
        else { return "the groups cannot be read" }
        if let epoch, epoch.partition != partition { return "other groups than before" }
        epoch = (invitation.terms.epoch, invitation, partition)
        self.kept = kept
        return nil
    }

    /// What is known of members does not become less, nobody honest is in it, and no fault is counted twice.
    mutating func keepsOffenders(_ session: SessionRecord, forgers: Set<String>) -> String? {
        let now = Dictionary(uniqueKeysWithValues: session.offenderList.map { ($0.client, $0.facts) })
        for (client, before) in offences.sorted(by: { $0.key < $1.key }) {
            let facts = now[client] ?? OffenderRecord.Member()
            if facts.proven < before.proven || facts.complaints < before.complaints || facts.missing < before.missing {
                return "what \(client) has done is forgotten: \(facts.proven) faults and \(facts.missing) absences after \(before.proven) and \(before.missing)"
            }
        }
        for (client, facts) in now.sorted(by: { $0.key < $1.key }) {
            if !forgers.contains(client), facts.proven + facts.complaints > 0 { return "\(client) is blamed for what it did not do" }
            let attempts = facts.evidence.map { AttemptKey(round: $0.round, attempt: $0.attempt) }
            if Set(attempts).count != attempts.count { return "a fault of \(client) is counted twice" }
        }
        offences = now
        return nil
    }

    /// Somebody in the cohort who has broken two attempts.
    func offender(in cohort: [String]) -> String? { cohort.first { offences[$0]?.proven ?? 0 >= 2 } }

    // MARK: What is said

    /// A request to open, and the names of its survivors, sorted. All members are told the same: it is read once.
    mutating func read(_ message: [UInt8]) -> (request: UnmaskRequest, survivors: [String])? {
        if let heard, heard.message == message { return (heard.request, heard.survivors) }
        guard let request = try? UnmaskRequest(encoded: message) else { return nil }
        let names = request.survivors.compactMap { epoch?.invitation.roster.members[$0].name }.map { String(decoding: $0, as: UTF8.self) }.sorted()
        heard = (message, request, names)
        return (request, names)
    }

    /// nil: nothing is wrong with the request to open.
    mutating func asks(_ key: AttemptKey, _ request: UnmaskRequest) -> String? {
        if let before = asked[key.round] {
            if before.attempt != key.attempt { return "round \(key.round) is opened in attempts \(before.attempt) and \(key.attempt)" }
            if before.survivors != request.survivors { return "round \(key.round) is opened for two sets of survivors" }
        }
        asked[key.round] = (key.attempt, request.survivors)
        return nil
    }

    /// What a member gives away; nil: nothing is wrong with it.
    mutating func reveals(_ key: AttemptKey, _ response: UnmaskResponse, floor: Int) -> String? {
        var known = revealed.removeValue(forKey: key) ?? [:]
        defer { revealed[key] = known }
        let survivors = asked[key.round].map { Set($0.survivors) }
        // Of each group once.
        var isBelow: [Int: Bool] = [:]
        for item in response.items {
            known[item.dealer, default: []].insert(Kinds(rawValue: 1 << item.kind.rawValue))
            if known[item.dealer] == [Kinds(rawValue: 1 << ShareKind.selfSeed.rawValue), Kinds(rawValue: 1 << ShareKind.maskKey.rawValue)] {
                return "both secrets of member \(item.dealer) are open in round \(key.round)"
            }
            guard let epoch, let group = epoch.partition.group(of: item.dealer), let survivors else { continue }
            let below = isBelow[group] ?? (epoch.partition.countPresent(in: group, among: survivors) < floor)
            isBelow[group] = below
            if below { return "group \(group) is opened below its floor" }
        }
        return nil
    }

    // MARK: What is computed

    /// The digest of the model that the sealed clients' whole numbers make of the base, bit for bit.
    func expected(_ record: RoundRecord, _ spec: SessionSpec, _ store: DurableStore, _ privacy: PrivacyTwin?, _ session: String) -> String? {
        guard let epoch, let base = store.model(record.baseModel).flatMap({ try? ModelFile(decoding: $0) }), let sizes = record.outcome?.secure?.groupSizes,
            let plan = try? spec.securePlan(members: epoch.partition.members.count, dimension: base.parameters.count)
        else { return nil }
        let names = epoch.invitation.roster.members.map { String(decoding: $0.name, as: UTF8.self) }
        var encoding = plan.encoding
        if let share = privacy?.plan?.share {
            (encoding.noise, encoding.width) = (ClientNoise(variance: share.variance, bound: UInt64(share.noiseBound)), share.width)
        }
        let sealed = Set((record.sealed ?? []).compactMap { names.firstIndex(of: $0) })
        var (means, summands): ([[Float]], Int) = ([], 0)
        for group in epoch.partition.groups.indices {
            let members = epoch.partition.present(in: group, among: sealed)
            guard sizes.indices.contains(group), sizes[group] != 0 else { continue }
            guard sizes[group] == members.count, members.count >= plan.groupFloor else { return nil }
            var sum: [UInt64] = []
            for member in members {
                guard let lanes = updates[Encoded(client: names[member], round: record.round, base: record.baseModel)] else { return nil }
                sum = sum.isEmpty ? lanes.map(UInt64.init) : zip(sum, lanes).map { $0 + UInt64($1) }
            }
            guard let open = GroupSum(lanes: sum.map { UInt32(truncatingIfNeeded: $0) }, clients: members.count, parameters: encoding) else { return nil }
            means.append(open.mean)
            summands += members.count
        }
        var rule = spec.rule(byzantine: plan.byzantine)
        if let privacy {
            // Combined and noised here; the mean of one result is that result.
            guard
                let combined = try? aggregate(
                    rule, try MemoryUpdates(means), weights: means.map { _ in 1 }, maxAbs: means.map { $0.reduce(Float(0)) { max($0, abs($1)) } }),
                let released = privacy.released(combined.map(Double.init), summands: summands, isMean: rule == .mean, record, session: session)
            else { return nil }
            (means, rule) = ([released.map { Float($0) }], .mean)
        }
        let peaks = means.map { $0.reduce(Float(0)) { max($0, abs($1)) } }
        let contributions = peaks.map {
            ContributionRecord(
                client: "", round: record.round, attempt: record.attempt, digest: [], samples: 1, maxAbs: $0, wireBytes: 0, loss: nil, accuracy: nil,
                receivedAt: record.configuredAt)
        }
        let job = AggregationJob(
            round: record.round, attempt: record.attempt, baseModel: record.baseModel, rule: rule, contributions: contributions,
            weights: peaks.map { _ in 1 }, strategy: spec.strategy)
        guard let source = try? MemoryUpdates(means),
            let step = try? RoundComputer.step(from: base, state: store.state(ofRound: record.round - 1), job: job, source: source)
        else { return nil }
        return hexadecimal(CryptoSuite.simulated.sha256(step.model.encode()))
    }
}
