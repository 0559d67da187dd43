internal import APIKit
internal import DifferentialPrivacy
internal import Federation
internal import StrictJSON

extension PrivacySpec.NoiseBy: ChoiceValue {}
extension PrivacySpec.OnBudget: ChoiceValue {}

enum Sampling: String, ChoiceValue {
    case full, poisson
    case fixedSize = "fixed_size"
}

enum AdjacencyWord: String, ChoiceValue {
    case zeroOut = "zero_out"
    case replaceOne = "replace_one"
    var adjacency: Adjacency { self == .zeroOut ? .zeroOut : .replaceOne }
}

/// `differential_privacy` as documented.
struct PrivacyBody: DescribedRequest {
    static let name = "DifferentialPrivacy"
    var isOn = false
    var noise: Double?
    var clip: Double?
    var noiseBy: PrivacySpec.NoiseBy?

    static let fields = [
        FieldOf<PrivacyBody>("enabled", \.isOn),
        FieldOf("noise_multiplier", \.noise, .later(0...1000), note: "where it is left out the smallest with which the budget lasts"),
        FieldOf("l2_norm_clip", \.clip, .later(0...1000), usual: JSON(PrivacySpec().l2Clip), note: "above 0"),
        FieldOf("noise_by", \.noiseBy, note: "where it is left out the clients under secure aggregation, else the coordinator"),
    ]
}

extension SessionRequest {
    static func privacy(_ sent: inout Sent<SessionBody>) throws(ServiceError) -> PrivacySpec? {
        var spec = sent.body.beside
        let place = "differential_privacy"
        let asked = sent.body.privacy ?? PrivacyBody()
        if let noise = asked.noise {
            guard (0...1000).contains(noise) else { throw sent.invalid("\(place).noise_multiplier", "must be 0 to 1000") }
            spec.noiseMultiplier = noise
        }
        if let clip = asked.clip {
            guard clip > 0, clip <= 1000 else { throw sent.invalid("\(place).l2_norm_clip", "must be above 0 and at most 1000") }
            spec.l2Clip = clip
        }
        (spec.noiseBy, spec.adjacency) = (asked.noiseBy, sent.body.adjacency?.adjacency)
        guard asked.isOn else {
            sent.withoutEffect(["noise_multiplier", "l2_norm_clip", "noise_by"].map { "\(place).\($0)" }, "differential privacy is not enabled")
            sent.withoutEffect(["delta", "on_budget", "sampling", "adjacency"], "without differential privacy this has no effect")
            return nil
        }
        if let sampling = sent.body.sampling, sampling != .full {
            throw .notImplemented(
                feature: "sampling",
                "sampling '\(sampling.rawValue)' is not built: the coordinator knows every cohort, and a client is charged for each round it is in; leave it out, or send \"full\"",
                provided: .string(sampling.rawValue))
        }
        return spec
    }
}

/// What was asked of differential privacy, and once it is planned what it takes.
struct PrivacyFacts: Described {
    static let name = "PrivacyPlan"
    private let record: SessionRecord
    private let asked: PrivacySpec
    private var plan: SessionPrivacy? { record.privacy }

    /// nil without differential privacy.
    init?(_ record: SessionRecord) {
        guard let asked = record.spec.privacy else { return nil }
        (self.record, self.asked) = (record, asked)
    }

    private var isOn: Bool { true }
    private var cap: Double { plan?.budget.epsilon ?? record.spec.privacyCap }
    private var adjacency: String { record.spec.adjacency.rawValue }
    private var sampling: Sampling { .full }
    private var q: Int { 1 }
    private var noiseBy: PrivacySpec.NoiseBy { plan.map { $0.share == nil ? .coordinator : .clients } ?? record.spec.noiseBy }
    private var shareVariance: Double? { (plan?.share?.variance).map { Double($0) } }
    private var bits: Int? { plan?.share?.width }
    private var accountant: String { "rdp and pld, the smaller" }

    static let fields = [
        FieldOf<PrivacyFacts>("enabled", \.isOn, .request), FieldOf("epsilon_cap", \.cap, .stored, "of the session, and once it is planned of its clients"),
        FieldOf("delta", \.asked.delta, .stored), FieldOf("adjacency", \.adjacency, .stored), FieldOf("sampling", \.sampling, .fixed),
        FieldOf("q", \.q, .fixed, "no amplification is claimed"), FieldOf("l2_norm_clip", \.asked.l2Clip, .stored),
        FieldOf("on_budget", \.asked.onBudget, .stored), FieldOf("noise_multiplier_asked", \.asked.noiseMultiplier, .request),
        FieldOf("noise_by", \.noiseBy, .stored), FieldOf("client_noise_variance", \.shareVariance, .rule("privacy plan")),
        FieldOf("bits_per_number", \.bits, .rule("privacy plan"), unit: "bits"),
        FieldOf("effective_noise_multiplier", \.plan?.release.mechanism.noiseMultiplier, .rule("privacy plan"), "null until training begins; so are the next"),
        FieldOf("sensitivity", \.plan?.sensitivity, .rule("privacy plan")), FieldOf("noise_deviation", \.plan?.noiseDeviation, .rule("privacy plan")),
        FieldOf("noise_to_signal", \.plan?.noiseToSignal, .rule("privacy plan")),
        FieldOf("rounds_possible", \.plan?.roundsThatFit, .rule("accountant"), unit: "rounds"),
        FieldOf("epsilon_after_first_round", \.plan?.firstEpsilon, .rule("accountant")),
        FieldOf("epsilon_after_all_rounds", \.plan?.epsilon, .rule("accountant")), FieldOf("accountant", \.accountant, .fixed),
    ]

    /// The noise in a few words, for the document's field of that name.
    static func noise(_ record: SessionRecord) -> String {
        guard record.spec.privacy != nil else { return "disabled" }
        guard let plan = record.privacy else { return "planned when training begins" }
        return "sigma=\(plan.noiseDeviation),clip=\(plan.l2Clip),z=\(plan.release.mechanism.noiseMultiplier),q=1"
    }
}
