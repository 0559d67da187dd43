internal import CryptoSuite
internal import Trust
internal import StrictJSON

extension ReceiptContent {
    /// A payload that was signed. That its signature is right says who wrote it; here is looked whether it holds together.
    init(reading payload: JSON) throws(ReceiptProblem) {
        guard payload["format"]?.text == Self.format else { throw .form("its format is not \(Self.format)") }
        let top = ReceiptReader(payload, "")
        guard let madeAt = try top.time("made_at") else { throw top.wrong("made_at", "is missing") }
        let session = try Self.session(try top.object("session"))
        let configuration = try top.object("configuration").value
        guard let digest = try? Self.digest(configuration), try top.text("configuration_sha256") == digest else {
            throw top.wrong("configuration_sha256", "is not the SHA-256 of the configuration")
        }
        let roster = try top.object("roster")
        let initialModel = try top.digest("initial_model_sha256")
        let rounds = try Self.rounds(top, session.id, initialModel)
        self.init(
            madeAt: madeAt, session: session, configuration: configuration,
            roster: ReceiptRosterDigest(
                members: try roster.whole("members", 0...Int64(Limits.members)).asInt, rows: try roster.whole("rows", 0...Int64.max),
                sha256: try roster.digest("sha256") ?? ""),
            initialModel: initialModel, rounds: rounds, model: try Self.model(top, initialModel, rounds), protection: try top.object("protection").value)
        guard roster.value["format"]?.text == ReceiptRoster.format, !self.roster.sha256.isEmpty else { throw top.wrong("roster", "is of another format") }
    }

    private static func session(_ reader: ReceiptReader) throws(ReceiptProblem) -> Session {
        guard let created = try reader.time("created_at") else { throw reader.wrong("created_at", "is missing") }
        guard let isFinal = reader.value["final"]?.truth else { throw reader.wrong("final", "is neither true nor false") }
        let ended = try reader.time("ended_at")
        guard isFinal == (ended != nil) else { throw reader.wrong("ended_at", isFinal ? "is missing" : "is there, and the session is not final") }
        return Session(
            id: try reader.text("id"), tenant: try reader.text("tenant"), status: try reader.text("status"), reason: reader.value["status_reason"]?.text,
            isFinal: isFinal, createdAt: created, startedAt: try reader.time("started_at"), endedAt: ended)
    }

    private static func rounds(_ top: ReceiptReader, _ session: String, _ initialModel: String?) throws(ReceiptProblem) -> [ReceiptRound] {
        guard let told = top.value["rounds"]?.elements, told.count <= Limits.rounds else { throw top.wrong("rounds", "is no list of rounds") }
        guard try top.whole("rounds_committed", 0...Int64(Limits.rounds)) == Int64(told.count) else {
            throw top.wrong("rounds_committed", "is not the number of rounds: one is missing, or one too many is there")
        }
        guard var link = try? ReceiptRound.firstLink(session: session, initialModel: initialModel) else { throw top.wrong("rounds", "have no beginning") }
        var (rounds, parent) = ([ReceiptRound](), initialModel)
        for (index, value) in told.enumerated() {
            let reader = ReceiptReader(value, "rounds[\(index)].")
            let round = try Self.round(reader)
            guard round.round == index + 1 else { throw reader.wrong("round", "is \(round.round), and \(index + 1) comes here") }
            guard round.parent == parent else { throw reader.wrong("parent_sha256", "is not the model of the round before it") }
            let own = JSON.object((value.members ?? []).filter { $0.name != ReceiptRound.linkName })
            guard let next = try? ReceiptRound.link(own, after: link), try reader.digest(ReceiptRound.linkName) == hexadecimal(next) else {
                throw reader.wrong(ReceiptRound.linkName, "is not the link to the round before it")
            }
            (link, parent) = (next, round.model)
            rounds.append(round)
        }
        guard try top.digest("rounds_chain_sha256") == hexadecimal(link) else { throw top.wrong("rounds_chain_sha256", "is not the last round's link") }
        return rounds
    }

    private static func round(_ reader: ReceiptReader) throws(ReceiptProblem) -> ReceiptRound {
        guard let parent = try reader.digest("parent_sha256"), let model = try reader.digest("model_sha256"), let ended = try reader.time("ended_at") else {
            throw reader.wrong("model_sha256", "or another field of a round is missing")
        }
        let selected = try reader.whole("selected", 0...Int64(Limits.members))
        let epsilon = reader.value["epsilon"].flatMap(\.double)
        return ReceiptRound(
            round: try reader.whole("round", 1...Int64(Limits.rounds)).asInt, attempts: try reader.whole("attempts", 1...1_000_000).asInt, parent: parent,
            model: model, selected: selected.asInt, contributors: try reader.whole("contributors", 0...selected).asInt,
            smallestGroup: reader.isNull("smallest_group") ? nil : try reader.whole("smallest_group", 0...Int64(Limits.members)).asInt, epsilon: epsilon,
            endedAt: ended)
    }

    private static func model(_ top: ReceiptReader, _ initialModel: String?, _ rounds: [ReceiptRound]) throws(ReceiptProblem) -> Model? {
        if top.isNull("model") {
            guard rounds.isEmpty else { throw top.wrong("model", "is missing") }
            return nil
        }
        let reader = try top.object("model")
        let round = try reader.whole("round", 0...Int64(rounds.count)).asInt
        guard let digest = try reader.digest("sha256"), digest == (round == 0 ? initialModel : rounds[round - 1].model) else {
            throw top.wrong("model", "is not the one that round \(round) made")
        }
        return Model(round: round, sha256: digest, selectedBy: reader.value["selected_by"]?.text)
    }
}

/// Fields of one object, each of the one type that it has.
private struct ReceiptReader {
    let value: JSON
    /// What stands before a field's name in messages.
    private let path: String

    init(_ value: JSON, _ path: String) { (self.value, self.path) = (value, path) }

    func wrong(_ field: String, _ issue: String) -> ReceiptProblem { .content(field: path + field, issue: issue) }

    func isNull(_ field: String) -> Bool { value[field] == .null }

    func object(_ field: String) throws(ReceiptProblem) -> ReceiptReader {
        guard let found = value[field], found.members != nil else { throw wrong(field, "is no object") }
        return ReceiptReader(found, path + field + ".")
    }

    func text(_ field: String) throws(ReceiptProblem) -> String {
        guard let text = value[field]?.text, !text.isEmpty else { throw wrong(field, "is no text") }
        return text
    }

    func whole(_ field: String, _ range: ClosedRange<Int64>) throws(ReceiptProblem) -> Int64 {
        guard let whole = value[field]?.whole, range.contains(whole) else {
            throw wrong(field, "is no whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }

    /// 64 hexadecimal digits in lower case; nil for null.
    func digest(_ field: String) throws(ReceiptProblem) -> String? {
        if isNull(field) { return nil }
        let text = try text(field)
        guard text.utf8.count == 64, let found = bytes(hexadecimal: text), hexadecimal(found) == text else { throw wrong(field, "is no SHA-256") }
        return text
    }

    /// nil for null.
    func time(_ field: String) throws(ReceiptProblem) -> Int64? {
        if isNull(field) { return nil }
        guard let time = ReceiptTime.milliseconds(try text(field)) else { throw wrong(field, "is no time") }
        return time
    }
}

extension Int64 {
    /// Of a number whose range was checked.
    fileprivate var asInt: Int { Int(clamping: self) }
}
