/// The settings of a client node: what its owner allows, and how its rows are read.
package struct ClientSettings: Sendable {
    /// Sessions with a smaller guaranteed cohort are not joined.
    package var smallestCohort: Int
    /// In sessions with secure aggregation, groups of fewer clients may not be summed.
    package var smallestGroup: Int
    /// Sessions without secure aggregation are not joined.
    package var requiresSecureAggregation: Bool
    /// Sessions without differential privacy are not joined.
    package var requiresDifferentialPrivacy: Bool
    /// Sessions in which the coordinator adds the noise are not joined.
    package var requiresClientNoise: Bool
    /// Sessions whose secure aggregation does not use X-Wing are not joined.
    package var requiresXWing: Bool
    /// What this node's rows may lose in all sessions together (ε at `delta`); nil: any sum, and it is counted.
    package var largestEpsilon: Double?
    package var delta: Double
    /// Sessions whose secure aggregation takes the coordinator at its word are not joined.
    package var requiresMaliciousServer: Bool
    /// File with the members' public keys, from the node's folder; empty: none.
    package var pinnedKeys: String
    /// Sessions that may be joined; empty: all.
    package var sessions: [String]
    /// A larger model is not fetched.
    package var maximumModelBytes: Int
    package var threads: Int
    /// What the rows are called in the ledger of privacy.
    package var dataName: String
    /// Label column of the data set: its name, its number from 0, or `last`.
    package var label: String
    /// What the label column holds: `classification` or `regression`.
    package var task: String
    package var scale: String
    /// Per cent of the rows that judge the local epochs of a round; 0: all epochs are run.
    package var validationPercent: Int
    /// Local epochs in a row that may bring nothing better.
    package var patience: Int
    package var logLevel: String
    package var settings: Settings

    static let keys: [Settings.Key] = [
        ("policy.min_cohort", .whole(1)), ("policy.min_group", .whole(4)), ("policy.require_secure_aggregation", .flag(false)),
        ("policy.require_malicious_server", .flag(false)), ("policy.require_differential_privacy", .flag(false)),
        ("policy.require_client_noise", .flag(false)), ("policy.require_x_wing", .flag(false)), ("policy.max_epsilon", .text("none")),
        ("policy.delta", .text("1e-5")), ("policy.sessions", .texts([])), ("policy.max_model_bytes", .whole(2 << 30)),
        ("secure_aggregation.pinned_keys", .text("")),
        ("data.name", .text("default")), ("data.label", .text("last")), ("data.task", .text("classification")), ("data.scale", .text("none")),
        ("training.validation_percent", .whole(0)), ("training.patience", .whole(2)), ("compute.threads", .whole(1)),
        ("log.level", .text("warning")),
    ]

    package init(toml: String?, file: String, environment: [String: String], flags: [String: String]) throws(ConfigurationError) {
        settings = try Settings(
            keys: Self.keys, foreign: CoordinatorSettings.keys, toml: toml, file: file, environment: environment, flags: flags)
        smallestCohort = try settings.whole("policy.min_cohort", 1...100_000)
        smallestGroup = try settings.whole("policy.min_group", 2...100_000)
        requiresSecureAggregation = settings.flag("policy.require_secure_aggregation")
        requiresDifferentialPrivacy = settings.flag("policy.require_differential_privacy")
        requiresClientNoise = settings.flag("policy.require_client_noise")
        requiresXWing = settings.flag("policy.require_x_wing")
        largestEpsilon = try settings.text("policy.max_epsilon") == "none" ? nil : settings.number("policy.max_epsilon", 0.01...10)
        delta = try settings.number("policy.delta", 1e-30...0.1)
        dataName = settings.text("data.name")
        requiresMaliciousServer = settings.flag("policy.require_malicious_server")
        pinnedKeys = settings.text("secure_aggregation.pinned_keys")
        if requiresMaliciousServer, pinnedKeys.isEmpty {
            throw settings.missing("secure_aggregation.pinned_keys", "policy.require_malicious_server needs the members' keys")
        }
        sessions = settings.list("policy.sessions")
        maximumModelBytes = try settings.whole("policy.max_model_bytes", 1...(2 << 30))
        label = settings.text("data.label")
        task = try settings.choice("data.task", ["classification", "regression"])
        scale = settings.text("data.scale")
        validationPercent = try settings.whole("training.validation_percent", 0...50)
        patience = try settings.whole("training.patience", 1...1000)
        threads = try settings.whole("compute.threads", 1...1024)
        logLevel = try settings.choice("log.level", CoordinatorSettings.logLevels)
    }

    /// The file that `join` writes: everything at its default, for its owner to change.
    package static let template = """
        # Settings of this node, decided by its owner. A flag, then TUTTI_SECTION__KEY in the environment, goes before
        # this file. An unknown key is an error. 'tutti-client config show --data DIR' says where each value comes from.

        [policy]
        # Join only sessions whose rounds have at least so many clients (the session's min_clients).
        # min_cohort = 1
        # With secure aggregation the coordinator sees sums of groups; take part in no round in which a group may be smaller.
        # min_group = 4
        # Join only sessions with secure aggregation.
        # require_secure_aggregation = false
        # Join only sessions with differential privacy.
        # require_differential_privacy = false
        # Join only sessions in which each client adds its part of the noise before its update is masked.
        # require_client_noise = false
        # What the rows of this node may lose in all sessions together: epsilon (0.01 to 10) at delta, or "none". This node keeps
        # its own account and leaves a session that would go beyond.
        # max_epsilon = "none"
        # delta = "1e-5"
        # Join only sessions with secure aggregation in mode "malicious_server", which needs pinned_keys below.
        # require_malicious_server = false
        # Join only sessions with secure aggregation whose keys withstand a quantum computer ("x_wing").
        # require_x_wing = false
        # Join only these sessions; empty: every session whose schema fits.
        # sessions = []
        # Fetch no model larger than this.
        # max_model_bytes = 2147483648

        [secure_aggregation]
        # File of the members' public keys ("roster.toml", say), in this folder unless it begins with '/'. Each member's owner sends you the line
        # that 'tutti-client identity show --data DIR' prints, over a way that the coordinator cannot change; write the lines
        # below [keys]. Without the file no session in mode "malicious_server" is joined.
        # pinned_keys = ""

        [data]
        # What the rows are called in the account of privacy: other rows, another name.
        # name = "default"
        # Label column: its name, its number from 0, or "last".
        # label = "last"
        # What it holds: classes ("classification"), or numbers to predict ("regression").
        # task = "classification"
        # Scaling of the features: "none", "constant=NUMBER", "minmax" or "standardize".
        # scale = "none"

        [training]
        # Early stopping on this node: keep so many per cent of the rows back, and end a round's training when their loss
        # has not become smaller for `patience` local epochs. The best epoch is sent. 0: all the session's local epochs.
        # validation_percent = 0
        # patience = 2

        [compute]
        # Threads for training.
        # threads = 1

        [log]
        # level = "warning"

        """
}
