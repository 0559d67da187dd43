internal import Wire

extension UpdateBody {
    /// What may be sent of an update whose cost is counted: numbers of bounded norm, and nothing else that was measured on the
    /// client's rows. What has diverged becomes zero, because whether an update comes would tell, too.
    mutating func bound(_ terms: PrivacyTerms) {
        samples = 1
        (loss, accuracy, trainingLoss) = (nil, nil, nil)
        for place in values.indices where !values[place].isFinite { values[place] = 0 }
        let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let clip = terms.l2Clip * (1 - 0x1p-20)
        guard norm > clip else { return }
        let factor = Float(clip / norm)
        for place in values.indices { values[place] *= factor }
    }
}
