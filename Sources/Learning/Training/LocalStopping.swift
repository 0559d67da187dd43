/// When a client ends its training of a round before the last epoch: as soon as rows of its own, on which it does not train,
/// say that nothing gets better any more. What it has then is the best of its epochs, and at least one of them.
package struct LocalStopping: Sendable, Equatable {
    /// Per cent of the rows that judge; at least one row, and at least one is left to train on.
    package var validationPercent: Int
    /// So many epochs in a row may bring no smaller loss; the last of them ends the training.
    package var patience: Int

    package init(validationPercent: Int, patience: Int) {
        precondition((1...99).contains(validationPercent) && patience >= 1)
        self.validationPercent = validationPercent
        self.patience = patience
    }

    /// The same rows in every round, since a row that was once trained on is no judge. nil when there are too few to divide.
    func split(_ dataset: Dataset) -> (training: Dataset, validation: Dataset)? {
        guard dataset.rows >= 2 else { return nil }
        var order = Array(0..<dataset.rows)
        var generator = SeededGenerator(seed: derivedSeed(UInt64(dataset.rows), "validation"))
        generator.shuffle(&order)
        let judges = min(max(1, dataset.rows * validationPercent / 100), dataset.rows - 1)
        return (dataset.selecting(order.dropFirst(judges).sorted()), dataset.selecting(order.prefix(judges).sorted()))
    }
}
