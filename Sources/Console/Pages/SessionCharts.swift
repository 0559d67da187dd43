/// The charts of a session. They show what the table of rounds shows, of committed rounds.
package struct SessionCharts {
    let model: SessionModel
    package init(_ model: SessionModel) { self.model = model }

    private var committed: [RoundRow] { model.rows.filter(\.isCommitted) }

    /// While the session goes on there is room for rounds to come: up to the next doubling of thirty, and no further than the last.
    package var rounds: ClosedRange<Int> {
        let first = model.hasEarlier ? model.rows.first?.round ?? 1 : 1
        let reached = max(first, model.rows.last?.round ?? first)
        guard !model.hasEarlier, !model.hasLater, model.standing.progress.isOpen else { return first...reached }
        var room = Self.leastRoom
        while room < reached { room *= 2 }
        return first...max(reached, min(room, model.standing.rounds))
    }

    private static let leastRoom = 30

    private func points(_ value: (RoundRow) -> Double?, _ shown: (RoundRow) -> String, isMeasured: Bool = false) -> [Chart.Point] {
        committed.compactMap { row in
            guard let number = value(row) else { return nil }
            // Where some were measured here, those that were not are told apart.
            let isWord = isMeasured && !row.isHeldOut && hasHeldOut
            return Chart.Point(round: row.round, value: number, shown: shown(row), note: isWord ? "the clients' word" : "", isHollow: isWord)
        }
    }

    private var hasHeldOut: Bool { committed.contains(where: \.isHeldOut) }
    private var measured: String {
        hasHeldOut ? "measured by the coordinator on labelled rows of its own" : "as clients say of the model before, on their own rows"
    }

    package var accuracy: Chart {
        var chart = Chart(
            id: "chart-accuracy", title: "Accuracy", about: "Accuracy after each committed round, \(measured).",
            series: [.init(name: "", points: points(\.accuracy, { Words.accuracy($0.accuracy) }, isMeasured: true))], rounds: rounds)
        chart.most = 1
        return chart
    }

    package var loss: Chart {
        Chart(
            id: "chart-loss", title: "Loss", about: "Loss after each committed round, \(measured).",
            series: [.init(name: "", points: points(\.loss, { Words.loss($0.loss) }, isMeasured: true))], rounds: rounds)
    }

    /// nil without differential privacy.
    package var epsilon: Chart? {
        guard let budget = model.standing.epsilonBudget else { return nil }
        var chart = Chart(
            id: "chart-epsilon", title: "ε spent", about: "What the member that lost most has lost after each committed round.",
            series: [.init(name: "", points: points(\.epsilon, { Words.epsilon($0.epsilon) }))], rounds: rounds)
        chart.fromZero = true
        chart.bound = .init(value: budget, label: "budget \(Words.epsilon(budget))")
        return chart
    }

    package var bytes: Chart {
        var chart = Chart(
            id: "chart-bytes", title: "Traffic", unit: "MB",
            about: "Bytes of updates to the coordinator (up) and of models from it (down), in each committed round.",
            series: [
                .init(name: "up", points: points({ Double($0.bytesUp) / 1e6 }, { Words.megabytes($0.bytesUp) })),
                .init(name: "down", points: points({ Double($0.bytesDown) / 1e6 }, { Words.megabytes($0.bytesDown) })),
            ], rounds: rounds)
        chart.fromZero = true
        return chart
    }

    /// Of a model of text; uniform guessing takes 8.
    package var bitsPerByte: Chart {
        Chart(
            id: "chart-bits", title: "Bits per byte", about: "Bits for each byte of text after each committed round, \(measured).",
            series: [.init(name: "", points: points({ $0.loss.map(Words.bits) }, { Words.bitsPerByte($0.loss) }, isMeasured: true))], rounds: rounds)
    }

    package var all: [Chart] { [model.standing.isText ? bitsPerByte : accuracy, loss] + (epsilon.map { [$0] } ?? []) + [bytes] }

    @HTMLBuilder package var figures: HTML {
        if committed.isEmpty {
            HTML(.p, [.class("empty")]) { "No round has been committed yet." }
        } else {
            for chart in all {
                HTML(.div, [.class("card")]) {
                    HTML(.h3) {
                        chart.title
                        if !chart.unit.isEmpty { HTML(.small) { " \(chart.unit) a round" } }
                    }
                    if chart.isEmpty { HTML(.p, [.class("empty")]) { "Nobody has measured it." } } else { chart.svg }
                }
            }
            if model.standing.epsilonBudget == nil {
                HTML(.p, [.class("card aside")]) {
                    HTML(.strong) { "No ε. " }
                    "Differential privacy is off in this session, so nothing bounds what its models tell of a client."
                }
            }
        }
    }
}
