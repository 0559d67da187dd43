internal import APIKit
internal import DifferentialPrivacy
internal import Federation
internal import StrictJSON

extension SessionRequest {
    private static let samplings = ["full", "poisson", "fixed_size"]

    /// `differential_privacy` as documented, and what stands beside it.
    static func privacy(_ body: inout ObjectReader, _ notices: inout [JSON]) throws(ServiceError) -> PrivacySpec? {
        var spec = PrivacySpec()
        var isOn = false
        if var privacy = try body.object("differential_privacy") {
            isOn = try privacy.flag("enabled") ?? false
            if let noise = try privacy.number("noise_multiplier") {
                guard (0...1000).contains(noise) else { throw privacy.invalid("noise_multiplier", "must be 0 to 1000") }
                spec.noiseMultiplier = noise
            }
            if let clip = try privacy.number("l2_norm_clip") {
                guard clip > 0, clip <= 1000 else { throw privacy.invalid("l2_norm_clip", "must be above 0 and at most 1000") }
                spec.l2Clip = clip
            }
            if let name = try privacy.choice("noise_by", PrivacySpec.NoiseBy.allCases.map(\.rawValue)) { spec.noiseBy = PrivacySpec.NoiseBy(rawValue: name) }
            if !isOn { notices += privacy.withoutEffect(["noise_multiplier", "l2_norm_clip", "noise_by"], "differential privacy is not enabled") }
            notices += privacy.notices
        }
        spec.delta = try body.number("delta") ?? spec.delta
        if let name = try body.choice("on_budget", PrivacySpec.OnBudget.allCases.map(\.rawValue)) {
            spec.onBudget = PrivacySpec.OnBudget(rawValue: name) ?? spec.onBudget
        }
        if let name = try body.choice("adjacency", [Adjacency.zeroOut, .replaceOne].map(\.rawValue)) { spec.adjacency = Adjacency(rawValue: name) }
        let sampling = try body.choice("sampling", samplings)
        guard isOn else {
            notices += body.withoutEffect(["delta", "on_budget", "sampling", "adjacency"], "without differential privacy this has no effect")
            return nil
        }
        if let sampling, sampling != "full" {
            throw .notImplemented(
                feature: "sampling",
                "sampling '\(sampling)' is not built: the coordinator knows every cohort, and a client is charged for each round it is in; leave it out, or send \"full\"",
                provided: .string(sampling))
        }
        return spec
    }
}

extension SessionViews {
    /// What was asked for, and once it is planned what it takes; null without differential privacy.
    static func privacy(_ record: SessionRecord) -> JSON {
        guard let asked = record.spec.privacy else { return .null }
        let plan = record.privacy
        return .object([
            .init("enabled", true), .init("epsilon_cap", JSON(plan?.budget.epsilon ?? record.spec.privacyCap)), .init("delta", JSON(asked.delta)),
            .init("adjacency", .string(record.spec.adjacency.rawValue)), .init("sampling", "full"), .init("q", 1), .init("l2_norm_clip", JSON(asked.l2Clip)),
            .init("on_budget", .string(asked.onBudget.rawValue)), .init("noise_multiplier_asked", JSON(asked.noiseMultiplier)),
            .init("noise_by", .string((plan.map { $0.share == nil ? .coordinator : .clients } ?? record.spec.noiseBy).rawValue)),
            .init("client_noise_variance", JSON(plan?.share?.variance)), .init("bits_per_number", JSON(plan?.share?.width)),
            .init("effective_noise_multiplier", JSON(plan?.release.mechanism.noiseMultiplier)), .init("sensitivity", JSON(plan?.sensitivity)),
            .init("noise_deviation", JSON(plan?.noiseDeviation)), .init("noise_to_signal", JSON(plan?.noiseToSignal)),
            .init("rounds_possible", JSON(plan?.roundsThatFit)), .init("epsilon_after_first_round", JSON(plan?.firstEpsilon)),
            .init("epsilon_after_all_rounds", JSON(plan?.epsilon)), .init("accountant", "rdp and pld, the smaller"),
        ])
    }

    static func noise(_ record: SessionRecord) -> JSON {
        guard record.spec.privacy != nil else { return "disabled" }
        guard let plan = record.privacy else { return "planned when training begins" }
        return .string("sigma=\(plan.noiseDeviation),clip=\(plan.l2Clip),z=\(plan.release.mechanism.noiseMultiplier),q=1")
    }
}
