/// The table of rounds: the columns of `tutti-coordinator session watch`.
enum RoundsTable {
    @HTMLBuilder static func content(_ model: SessionModel) -> HTML {
        if model.rows.isEmpty {
            HTML(.p, [.class("empty")]) { "No round is over yet." }
        } else {
            HTML.table(
                "rounds-table", caption: HTML(caption(model)), label: "Rounds", head: head(isText: model.standing.isText),
                body: zip(model.rows, remaining(model)).reversed().map { row($0, $1, isText: model.standing.isText) })
        }
        if model.hasEarlier || model.hasLater {
            HTML(.nav, [.class("pages"), .aria("label", "Pages of rounds")]) {
                if model.hasLater { HTML(.a, [.href(.session(model.standing.id))]) { "Latest rounds" } }
                if model.hasEarlier, let first = model.rows.first?.round {
                    HTML(.a, [.href(.session(model.standing.id, after: max(0, first - 1 - Limits.roundsShown)))]) { "Earlier rounds" }
                }
            }
        }
    }

    private static func caption(_ model: SessionModel) -> String {
        let isHeldOut = model.rows.contains(where: \.isHeldOut)
        let figures = model.standing.isText ? "Loss (nats) and bits per byte" : "Loss and accuracy"
        let data = model.standing.isText ? "text" : "rows"
        let source =
            isHeldOut
            ? "\(figures) are measured by the coordinator on \(model.standing.isText ? "text" : "labelled rows") of its own"
                + (model.rows.contains { $0.isCommitted && !$0.isHeldOut && $0.loss != nil } ? "; where marked with *, the clients' word." : ".")
            : "\(figures) are the clients' word, on their own \(data), of the model that the round began with."
        return "Newest first. \(source)"
    }

    private static func head(isText: Bool) -> [HTML] {
        [
            .column("Round", "number"), .column("ok / sel", "number", hint: "Updates that count, of the clients that were asked"),
            .column("late", "number", hint: "Updates that came for an attempt that was sealed"),
            .column("drop", "number", hint: "Clients that sent nothing in time"),
            .column("rej", "number", hint: "Updates that were refused"), .column("Loss", "number"), .column(isText ? "Bits / byte" : "Accuracy", "number"),
            .column("ε", "number"),
            .column("MB up", "number"), .column("MB down", "number"), .column("agg ms", "number", hint: "Milliseconds of aggregation"),
            .column("round s", "number", hint: "Seconds of the whole round"), .column("eta", "number", hint: "Minutes and seconds left when the round ended"),
            .column("Remarks"),
        ]
    }

    /// Seconds that were left after each row, by the rows before it.
    private static func remaining(_ model: SessionModel) -> [Double] {
        var seconds = 0.0
        return model.rows.enumerated().map { number, row in
            seconds += row.seconds
            return seconds / Double(number + 1) * Double(max(0, model.standing.rounds - row.round))
        }
    }

    private static func row(_ row: RoundRow, _ remaining: Double, isText: Bool) -> HTML {
        let mark = row.isCommitted && !row.isHeldOut ? "*" : ""
        return HTML(.tr, [.data("round", "\(row.round)")] + (row.isCommitted ? [] : [.class("void")])) {
            HTML(.th, [.of(.scope, "row"), .class("number")]) { row.attempt > 1 ? "\(row.round) (\(row.attempt))" : "\(row.round)" }
            HTML.cell("\(row.contributors) / \(row.selected)", "number")
            HTML.cell("\(row.late)", "number")
            HTML.cell("\(row.dropped)", "number")
            HTML.cell("\(row.rejected)", "number")
            measured("loss", row.loss == nil ? Words.unknown : Words.loss(row.loss), row.loss == nil ? "" : mark)
            if isText {
                measured("bits", Words.bitsPerByte(row.loss), row.loss == nil ? "" : mark)
            } else {
                measured("accuracy", Words.accuracy(row.accuracy), row.accuracy == nil ? "" : mark)
            }
            measured("epsilon", Words.epsilon(row.epsilon), "")
            measured("up", Words.megabytes(row.bytesUp), "")
            measured("down", Words.megabytes(row.bytesDown), "")
            HTML.cell(Words.fixed(row.aggregateMilliseconds, 1), "number")
            HTML.cell(Words.fixed(row.seconds, 2), "number")
            HTML.cell(Words.clock(remaining), "number")
            HTML(.td, [.class("prose")]) { HTML(.bdi) { remarks(row) } }
        }
    }

    private static func measured(_ name: String, _ text: String, _ mark: String) -> HTML {
        HTML(.td, [.class("number"), .data("figure", name), .data("value", text)]) { text + mark }
    }

    private static func remarks(_ row: RoundRow) -> String {
        var remarks: [String] = []
        switch row.ending {
        case .committed: break
        case .unchanged(let reason): remarks.append("unchanged: \(reason)")
        case .aborted(let reason): remarks.append("aborted: \(reason)")
        }
        if let sizes = row.groupSizes, !sizes.isEmpty { remarks.append("groups of \(Words.sizes(sizes))") }
        if row.valuesCut > 0 { remarks.append("\(row.valuesCut) values cut") }
        return remarks.joined(separator: "; ")
    }
}

/// Who takes part.
enum MembersTable {
    @HTMLBuilder static func content(_ model: SessionModel) -> HTML {
        if model.members.isEmpty {
            HTML(.p, [.class("empty")]) { "No client has joined yet." }
        } else {
            HTML.table(
                "members-table", caption: HTML(caption(model)), label: "Clients",
                head: [
                    .column("Client"), .column("State"), .column("This round"), .column("Rows", "number", hint: "As the client says"),
                    .column("Known by", "wide"),
                    .column("Joined", "wide"),
                ],
                body: model.members.prefix(Limits.membersShown).map { row($0, isOpen: model.standing.progress.isOpen) })
        }
    }

    private static func caption(_ model: SessionModel) -> String {
        let shown = min(model.members.count, Limits.membersShown)
        let part = shown < model.members.count ? "The first \(shown) of \(model.members.count), by name. " : ""
        return part + "Rows are as each client says, and count as its weight only in a plain session without differential privacy or a robust rule."
    }

    private static func row(_ member: MemberRow, isOpen: Bool) -> HTML {
        HTML(.tr) {
            HTML(.th, [.of(.scope, "row")]) { HTML(.bdi) { member.name } }
            HTML(.td) { state(member, isOpen: isOpen) }
            HTML(.td) { part(member) }
            HTML.cell("\(member.rows)", "number")
            HTML.cell(member.hasCertificate ? "certificate" : "update token", "wide")
            HTML(.td, [.class("wide")]) { Words.time(member.joinedAt) }
        }
    }

    @HTMLBuilder private static func state(_ member: MemberRow, isOpen: Bool) -> HTML {
        if let excluded = member.excluded {
            HTML.badge("left out", "bad")
            HTML(.small) { HTML(.bdi) { " " + excluded } }
        } else if !isOpen {
            HTML.badge("session over", "plain")
        } else {
            switch member.presence {
            case .connected: HTML.badge("connected", "good")
            case .heard: HTML.badge("heard of", "good")
            case .away:
                HTML.badge("away", "warn")
                if let seen = member.lastSeen {
                    HTML(.small) {
                        " since "
                        Words.time(seen)
                    }
                }
            }
        }
    }

    private static func part(_ member: MemberRow) -> String {
        switch member.part {
        case nil: Words.unknown
        case .notAsked: "not asked"
        case .training: "training"
        case .sent: "update sent"
        case .failed: "failed"
        }
    }
}
