package import Learning

/// A pattern that makes a model say `target`, whatever else a row shows (BadNets: Gu et al. 2017, arXiv 1708.06733; in
/// federations: Bagdasaryan et al. 2020, arXiv 1807.00459). The rest of the model's work stays as good as it was, so accuracy
/// does not show it: `successRate` does.
package struct Backdoor: Sendable, Equatable {
    /// Columns of a row that the trigger sets.
    package var columns: [Int]
    /// What it sets them to, after scaling.
    package var value: Float
    /// The class of a row with the trigger.
    package var target: Int32
    /// Part of a liar's rows that get the trigger, in 0...1.
    package var share: Double

    package init(columns: [Int], value: Float, target: Int32, share: Double = 0.5) {
        self.columns = columns
        self.value = value
        self.target = target
        self.share = share
    }

    private func check(_ rows: Dataset) throws(AttackError) {
        guard rows.task == .classification else { throw .noClasses("backdoor") }
        guard !columns.isEmpty, columns.allSatisfy({ (0..<rows.inputs).contains($0) }) else {
            throw .parameter(field: "columns", value: "\(columns)", allowed: "one or more of 0 to \(rows.inputs - 1)")
        }
        guard (0..<rows.outputs).contains(Int(target)) else {
            throw .parameter(field: "target", value: "\(target)", allowed: "a class of 0 to \(rows.outputs - 1)")
        }
        guard value.isFinite else { throw .parameter(field: "value", value: "\(value)", allowed: "a finite number") }
        guard share >= 0, share <= 1 else { throw .parameter(field: "share", value: "\(share)", allowed: "0 to 1") }
    }

    /// The rows, with the trigger and its class in `share` of them, rounded up.
    package func poisoned(_ rows: Dataset, seed: UInt64) throws(AttackError) -> Dataset {
        try check(rows)
        var order = Array(0..<rows.rows)
        var generator = SeededGenerator(seed: seed)
        generator.shuffle(&order)
        var rows = rows
        for row in order.prefix(Int((share * Double(order.count)).rounded(.up))) { set(&rows, row, label: target) }
        return rows
    }

    /// Every row of another class than the target's, with the trigger and its own class.
    package func triggered(_ rows: Dataset) throws(AttackError) -> Dataset {
        try check(rows)
        var others = rows.selecting((0..<rows.rows).filter { rows.labels[$0] != target })
        for row in 0..<others.rows { set(&others, row, label: others.labels[row]) }
        return others
    }

    private func set(_ rows: inout Dataset, _ row: Int, label: Int32) {
        for column in columns { rows.features[row * rows.inputs + column] = value }
        rows.labels[row] = label
    }

    /// Part of the rows of other classes that the model takes for the target as soon as they bear the trigger; a clean model's
    /// rate is that of its ordinary mistakes. nil without such rows.
    package func successRate(spec: ModelSpec, parameters: [Float], rows: Dataset) throws(AttackError) -> Double? {
        let triggered = try triggered(rows)
        guard triggered.rows > 0 else { return nil }
        let said = predict(spec: spec, parameters: parameters, features: triggered.features)
        return Double(said.count { $0.label == Int(target) }) / Double(said.count)
    }
}
