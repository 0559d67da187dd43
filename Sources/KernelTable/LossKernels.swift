package protocol LossKernels {
    /// In place: logits[rows,columns] become `scale`·(softmax − onehot(labels)). Returns the sum over rows of the
    /// cross-entropy −log softmax[label], in nats; NaN when a logit is not finite. Labels are below `columns`.
    func softmaxCrossEntropy(_ logits: MF32, _ labels: Indices, _ rows: Int, _ columns: Int, _ scale: Float) -> Double
    /// In place: each row becomes its softmax.
    func softmax(_ logits: MF32, _ rows: Int, _ columns: Int)
    /// How many rows have their largest element, the first of several, at the label. *Bit-equal.*
    func argmaxCorrect(_ logits: F32, _ labels: Indices, _ rows: Int, _ columns: Int) -> Int
}
