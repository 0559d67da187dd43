import Foundation
package import Federation
package import Learning
package import SecureAggregation
package import TuttiConfiguration

/// What this node's owner allows. Decided here, before anything is sent; the coordinator has no say in it.
package struct ClientPolicy: Sendable, Equatable {
    /// Fewest clients that every round of a session must have.
    package var smallestCohort = 1
    /// Fewest clients whose sum the coordinator may see, where a session has secure aggregation.
    package var smallestGroup = 4
    /// Whether sessions without secure aggregation are left out.
    package var requiresSecureAggregation = false
    /// Whether sessions without differential privacy are left out.
    package var requiresDifferentialPrivacy = false
    /// Whether sessions in which the coordinator adds the noise are left out.
    package var requiresClientNoise = false
    /// Whether sessions whose keys a quantum computer could find later are left out.
    package var requiresXWing = false
    /// What the node's rows may lose in all sessions together (ε at `delta`); nil: any sum, and it is counted.
    package var largestEpsilon: Double?
    package var delta = 1e-5
    /// What the rows are called in the ledger.
    package var dataName = "default"
    /// Whether sessions that take the coordinator at its word are left out.
    package var requiresMaliciousServer = false
    /// The members' keys from outside the coordinator; nil: none.
    package var pins: PinnedKeys?
    /// Sessions that may be joined; empty: all.
    package var sessions: [String] = []
    /// A larger model is not fetched.
    package var maximumModelBytes = 2 << 30

    package init() {}

    /// - Parameter data: the node's folder.
    package init(_ settings: ClientSettings, data: String) throws(ClientNodeError) {
        smallestCohort = settings.smallestCohort
        smallestGroup = settings.smallestGroup
        requiresSecureAggregation = settings.requiresSecureAggregation
        requiresDifferentialPrivacy = settings.requiresDifferentialPrivacy
        requiresClientNoise = settings.requiresClientNoise
        requiresXWing = settings.requiresXWing
        (largestEpsilon, delta, dataName) = (settings.largestEpsilon, settings.delta, settings.dataName)
        requiresMaliciousServer = settings.requiresMaliciousServer
        pins = try PinnedKeys.load(settings, data: data)
        sessions = settings.sessions
        maximumModelBytes = settings.maximumModelBytes
    }

    /// What this client insists on in every masked round.
    package var floors: ClientFloors {
        ClientFloors(
            mode: requiresMaliciousServer ? .maliciousServer : .honestButCurious, keyExchange: requiresXWing ? .xWing : .x25519,
            members: max(smallestCohort, smallestGroup), groupFloor: smallestGroup)
    }

    /// What it insists on in every round: the session's word when it was joined is not relied on.
    package var terms: OwnerTerms {
        OwnerTerms(
            needsMasks: requiresSecureAggregation || requiresMaliciousServer || requiresXWing, needsPrivacy: requiresDifferentialPrivacy,
            needsClientNoise: requiresClientNoise)
    }

    /// Why this session is not joined; nil when it may be.
    package func refusal(of session: SessionSummary) -> ClientNodeError? {
        if !sessions.isEmpty, !sessions.contains(session.session_id) {
            return refused(session, "it is not among the sessions this node may join", "policy.sessions")
        }
        if smallestCohort > 1 {
            guard let cohort = session.clients_needed ?? session.min_clients else {
                return refused(session, "the coordinator does not say how small its rounds may be", "policy.min_cohort")
            }
            if cohort < smallestCohort {
                return refused(session, "its rounds may have as few as \(cohort) clients; this node wants \(smallestCohort)", "policy.min_cohort")
            }
        }
        if requiresSecureAggregation && session.secure_aggregation?.isOn != true {
            return refused(session, "the coordinator would see this node's updates: it has no secure aggregation", "policy.require_secure_aggregation")
        }
        if requiresDifferentialPrivacy && session.privacy?.enabled != true {
            return refused(
                session, "nothing would bound what its models tell of this node's rows: it has no differential privacy", "policy.require_differential_privacy")
        }
        if requiresClientNoise && !(session.privacy?.enabled == true && session.privacy?.noise_by == PrivacySpec.NoiseBy.clients.rawValue) {
            return refused(
                session, "the coordinator would be trusted with the noise: clients do not add it in this session", "policy.require_client_noise")
        }
        if requiresXWing && !(session.secure_aggregation?.isOn == true && session.secure_aggregation?.key_agreement == KeyExchange.xWing.name) {
            return refused(session, "its keys are not agreed with x_wing", "policy.require_x_wing")
        }
        let isMalicious = session.secure_aggregation?.isOn == true && session.secure_aggregation?.mode == TrustMode.maliciousServer.name
        if requiresMaliciousServer && !isMalicious {
            return refused(
                session, "its members would take the coordinator at its word: it is not in mode malicious_server", "policy.require_malicious_server")
        }
        if isMalicious && pins == nil {
            return ClientNodeError(
                .policy,
                "Session \(session.session_id) is in mode malicious_server, which needs the members' keys from outside the coordinator, and this node has "
                    + "none. Nothing was sent.",
                remedy: "Collect the lines that 'tutti-client identity show' prints at each member, and name their file in "
                    + "secure_aggregation.pinned_keys of client.toml.")
        }
        if let floor = session.secure_aggregation?.group_floor, floor < smallestGroup {
            return refused(session, "sums of as few as \(floor) clients may be opened; this node wants \(smallestGroup)", "policy.min_group")
        }
        if let bytes = session.model?.parameterBytes, bytes > maximumModelBytes {
            return refused(session, "its model has at least \(bytes) bytes; this node takes \(maximumModelBytes)", "policy.max_model_bytes")
        }
        return nil
    }

    private func refused(_ session: SessionSummary, _ why: String, _ key: String) -> ClientNodeError {
        ClientNodeError(
            .policy, "This node's policy forbids session \(session.session_id): \(why). Nothing was sent.",
            remedy: "If that is too strict, change \(key) in client.toml.")
    }

    /// For a model that turns out larger while it is fetched.
    func tooLarge() -> ClientNodeError {
        ClientNodeError(
            .policy, "The session's model is larger than the \(maximumModelBytes) bytes this node takes.",
            remedy: "If that is too strict, change policy.max_model_bytes in client.toml.")
    }
}

/// What the coordinator says about a session to a node that has not joined it.
package struct SessionSummary: Decodable, Sendable {
    package struct Model: Decodable, Sendable {
        var kind: String?
        var layers: [Int]?

        /// Of the parameters alone, 4 bytes each; nil when the coordinator does not say or cannot mean it, and for a
        /// CNN, whose size is found out while it is fetched.
        var parameterBytes: Int? {
            guard kind != "cnn", let layers, layers.count >= 2, layers.allSatisfy({ (1...(1 << 24)).contains($0) }) else { return nil }
            var bytes = 0
            for (inputs, outputs) in zip(layers, layers.dropFirst()) {
                let (sum, overflow) = bytes.addingReportingOverflow((inputs + 1) * outputs * 4)
                if overflow { return .max }
                bytes = sum
            }
            return bytes
        }
    }
    /// What the reply says of secure aggregation.
    package struct Secure: Decodable, Sendable {
        var enabled: Bool?
        var mode: String?
        var key_agreement: String?
        var group_floor: Int?
        var isOn: Bool { enabled == true }
    }
    /// What the reply says of differential privacy.
    package struct Privacy: Decodable, Sendable {
        var enabled: Bool?
        var noise_by: String?
    }
    var session_id: String
    var status: String
    var secure_aggregation: Secure?
    var privacy: Privacy?
    var min_clients: Int?
    /// Where the session's rule or its groups take more than `min_clients`.
    var clients_needed: Int?
    var model: Model?
    /// The newest version's digest.
    var model_sha256: String?
    var status_reason: String?

    var isOpen: Bool { ["initializing", "waiting", "training"].contains(status) }
}

extension ClientSettings {
    /// nil: all epochs of a round are run.
    package var stopping: LocalStopping? {
        validationPercent == 0 ? nil : LocalStopping(validationPercent: validationPercent, patience: patience)
    }

    /// `client.toml` of a node's folder; without one, the defaults.
    package static func load(data: String?, flags: [String: String] = [:]) throws(ClientNodeError) -> ClientSettings {
        let path = data.map { $0 + "/client.toml" }
        var text: String?
        if let path, FileManager.default.fileExists(atPath: path) {
            guard let content = FileManager.default.contents(atPath: path), content.count <= Limits.settingsBytes,
                let decoded = String(data: content, encoding: .utf8)
            else {
                throw ClientNodeError(.configuration, "\(path) cannot be read as UTF-8 text.", remedy: "Check its permissions and its content.")
            }
            text = decoded
        }
        do {
            return try ClientSettings(
                toml: text, file: path ?? "client.toml", environment: ProcessInfo.processInfo.environment, flags: flags)
        } catch { throw ClientNodeError(.configuration, error.description, remedy: error.remedy) }
    }

    /// Leaves a file that is there alone.
    package static func writeTemplate(data: String) {
        let path = data + "/client.toml"
        guard !FileManager.default.fileExists(atPath: path) else { return }
        _ = FileManager.default.createFile(atPath: path, contents: Data(template.utf8), attributes: [.posixPermissions: 0o600])
    }
}
