/// How often each class was taken for each other one.
package struct ConfusionMatrix: Sendable, Equatable {
    package let classes: Int
    /// `counts[actual * classes + predicted]`
    package private(set) var counts: [Int]

    package init(classes: Int) {
        precondition(classes > 0)
        self.classes = classes
        counts = [Int](repeating: 0, count: classes * classes)
    }

    /// Both are classes, 0..<classes.
    package mutating func add(actual: Int, predicted: Int) { counts[actual * classes + predicted] += 1 }

    package subscript(actual actual: Int, predicted predicted: Int) -> Int { counts[actual * classes + predicted] }

    package var rows: Int { counts.reduce(0, +) }
    /// Rows that are of this class.
    package func support(_ label: Int) -> Int { counts[(label * classes)..<((label + 1) * classes)].reduce(0, +) }
    /// Rows that were taken for this class.
    package func predicted(_ label: Int) -> Int { (0..<classes).reduce(0) { $0 + self[actual: $1, predicted: label] } }

    /// Share of rows on the diagonal; 0 without rows.
    package var accuracy: Double {
        share((0..<classes).reduce(0) { $0 + self[actual: $1, predicted: $1] }, of: rows)
    }
    /// Of the rows taken for this class, the share that is; 0 when none was.
    package func precision(_ label: Int) -> Double { share(self[actual: label, predicted: label], of: predicted(label)) }
    /// Of the rows of this class, the share that was found; 0 when there is none.
    package func recall(_ label: Int) -> Double { share(self[actual: label, predicted: label], of: support(label)) }
    /// Harmonic mean of precision and recall; 0 when both are.
    package func f1(_ label: Int) -> Double {
        share(2 * self[actual: label, predicted: label], of: support(label) + predicted(label))
    }
    /// Mean of the recalls of the classes that have rows: not fooled by a frequent class.
    package var balancedAccuracy: Double {
        let present = (0..<classes).filter { support($0) > 0 }
        return present.isEmpty ? 0 : present.reduce(0) { $0 + recall($1) } / Double(present.count)
    }

    private func share(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
