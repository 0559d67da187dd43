// Attacks by their names, with the strengths that trials are made with.
extension Attack {
    package static let trials: [Attack] = [
        .signFlip(scale: 4), .gaussian(deviation: 0.3), .labelFlip, .scaling(factor: 10), .backdoor(.corner, scale: 5), .littleIsEnough(z: 1.5),
        .innerProduct(factor: 2), .minMax(.inverseDeviation), .minSum(.inverseDeviation), .mimic,
    ]

    /// An attack by its name on a command line, which may have hyphens for underscores.
    ///
    /// - Parameter scale: how much the lie is enlarged; of `gaussian` the standard deviation, of `alie` z. nil: as in `trials`. What has
    ///   no strength does not use it.
    package init(commandLine name: String, scale: Float? = nil) throws(AttackError) {
        let name = String(name.map { $0 == "-" ? "_" : $0 })
        guard let trial = Self.trials.first(where: { $0.name == name }) else {
            throw .parameter(field: "attack", value: "'\(name)'", allowed: Self.trials.map(\.name).joined(separator: ", "))
        }
        switch trial {
        case .signFlip(let usual): self = .signFlip(scale: try positive("attack_scale", scale ?? usual))
        case .scaling(let usual): self = .scaling(factor: try positive("attack_scale", scale ?? usual))
        case .backdoor(let trigger, let usual): self = .backdoor(trigger, scale: try positive("attack_scale", scale ?? usual))
        case .gaussian(let usual):
            self = .gaussian(deviation: try scale.map { (scale) throws(AttackError) in Double(try positive("attack_scale", scale)) } ?? usual)
        case .littleIsEnough(let usual):
            if let scale { self = .littleIsEnough(z: Double(try positive("attack_scale", scale))) } else { self = .littleIsEnough(z: usual) }
        case .innerProduct(let usual):
            self = .innerProduct(factor: try scale.map { (scale) throws(AttackError) in Double(try positive("attack_scale", scale)) } ?? usual)
        case .labelFlip, .minMax, .minSum, .mimic: self = trial
        }
    }
}

extension Backdoor {
    /// Four white pixels in the lower right corner of the 8x8 digits mean zero.
    package static let corner = Backdoor(columns: [54, 55, 62, 63], value: 1, target: 0)
}
