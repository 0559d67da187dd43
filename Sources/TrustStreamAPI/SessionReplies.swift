internal import APIKit
internal import Federation
internal import FederationService
internal import Learning
internal import StrictJSON

extension TrustStream {
    static func path(_ session: String, _ leaf: String) -> String { "\(base)\(sessionsPath)/\(session)\(leaf)" }
}

/// A new session, with what is told this once.
struct CreatedFacts: Described {
    static let name = "CreatedSession"
    let created: CreatedSession
    let request: APIRequest
    private var record: SessionRecord { created.view.record }

    var id: String { record.id }
    private var server: String { request.baseURL }
    private var socket: String { request.socketBaseURL + TrustStream.path(record.id, "/socket") }
    private var key: String? { nil }
    private var duration: String { created.view.estimatedDurationSeconds.map(Duration.text) ?? "unknown" }
    private var model: ModelForm? { record.model.map { ModelForm($0.json) } }
    private var privacy: PrivacyFacts? { PrivacyFacts(record) }
    private var blockers: [BlockerFacts] { created.view.blockedBy.map(BlockerFacts.init) }

    static let fields = [
        FieldOf<CreatedFacts>("session_id", \.id, .generated), FieldOf("status", \.record.status, .stored), FieldOf("aggregation_server", \.server, .fixed),
        FieldOf("coordinator_endpoint", \.socket, .fixed), FieldOf("client_registration_token", \.created.registrationToken, .generated, "shown once"),
        FieldOf("encryption_key", \.key, .generated, "the session's public key for sealed uploads; null: there is no key vault"),
        FieldOf("created_at", \.record.createdAt, .clock),
        FieldOf("estimated_duration", \.duration, .rule("measured times of like sessions"), "unknown while there are none"),
        FieldOf("model", \.model, .stored, "null until it is decided"), FieldOf("privacy", \.privacy, .stored, "null without differential privacy"),
        FieldOf("blocked_by", \.blockers, .rule("blocked_by")),
    ]
}

/// What a client is told that has joined.
struct JoinedFacts: Described {
    static let name = "Joined"
    enum Weighting: String, ChoiceValue {
        case uniform
        case dataSize = "data_size"
    }
    let joined: JoinedSession
    let request: APIRequest
    private var record: SessionRecord { joined.view.record }
    private var spec: SessionSpec { record.spec }

    private var isRegistered: Bool { true }
    private var weights: String { request.baseURL + TrustStream.path(record.id, "/weights") }
    private var update: String { request.baseURL + TrustStream.path(record.id, "/update") }
    private var timeout: Int { Int(spec.roundDeadlineSeconds.rounded(.up)) }
    var weighting: Weighting { spec.aggregation != .mean || spec.secureAggregation?.largestWeight == 0 || spec.privacy != nil ? .uniform : .dataSize }
    private var schema: SchemaForm? { record.schema.map { SchemaForm($0.json) } }
    private var blockers: [BlockerFacts] { joined.blockedBy.map(BlockerFacts.init) }

    static let fields = [
        FieldOf<JoinedFacts>("client_registered", \.isRegistered, .stored), FieldOf("client_id", \.joined.client, .stored),
        FieldOf("assigned_round", \.joined.assignedRound, .stored), FieldOf("model_weights_url", \.weights, .fixed),
        FieldOf("update_endpoint", \.update, .fixed), FieldOf("heartbeat_interval", \.spec.heartbeatSeconds, .stored, unit: "s"),
        FieldOf("timeout_seconds", \.timeout, .stored, unit: "s", "the deadline of a round"),
        FieldOf("update_token", \.joined.updateToken, .generated, "shown once, to a client without a certificate"),
        FieldOf("state", \.record.status, .stored), FieldOf("weighting", \.weighting, .rule("weighting")), FieldOf("data_schema", \.schema, .stored),
        FieldOf("blocked_by", \.blockers, .rule("blocked_by")),
    ]

    /// What the client said and the session does not use.
    /// - Parameter cap: what the client says its data may lose.
    func note(_ sent: inout [JSON], cap: Double?) {
        if cap != nil, spec.privacy == nil {
            sent.append(notice("NO_EFFECT", "privacy_preferences.max_privacy_budget", "this is kept; without differential privacy nothing is spent of it"))
        }
        if weighting == .uniform {
            sent.append(
                notice(
                    "NO_EFFECT", "data_size",
                    "a robust rule, differential privacy, or secure aggregation without largest_weight weighs all clients alike; data_size is kept and not used"
                ))
        }
    }
}

struct HeartbeatFacts: Described {
    static let name = "Heartbeat"
    let id: String
    let reply: HeartbeatReply

    static let fields = [
        FieldOf<HeartbeatFacts>("session_id", \.id, .stored), FieldOf("status", \.reply.status, .stored), FieldOf("current_round", \.reply.round, .stored),
        FieldOf("open_round", \.reply.open?.round, .stored, "that waits for an update of this client"),
        FieldOf("open_attempt", \.reply.open?.attempt, .stored), FieldOf("model_sha256", \.reply.model, .stored),
    ]
}

struct UpdateFacts: Described {
    static let name = "StoredUpdate"
    let id: String
    let receipt: UpdateReceipt

    static let fields = [
        FieldOf<UpdateFacts>("session_id", \.id, .stored), FieldOf("round", \.receipt.round, .stored), FieldOf("attempt", \.receipt.attempt, .stored),
        FieldOf("sha256", \.receipt.digest, .rule("SHA-256 of the body")), FieldOf("already_stored", \.receipt.again, .stored),
    ]
}

/// What a session did, signed.
struct ReceiptFacts: Described {
    static let name = "SessionReceipt"
    let id: String
    let text: String
    let roster: RosterForm?

    static let fields = [
        FieldOf<ReceiptFacts>("session_id", \.id, .stored), FieldOf("receipt", \.text, .stored, "a JSON Web Signature in compact form"),
        FieldOf("roster", \.roster, .stored, "the members, for who administers the session; null for others"),
    ]
}

/// The list of members that a receipt vouches for.
struct RosterForm: ForeignObject {
    let json: JSON
    init(_ json: JSON) { self.json = json }

    static let shape = Shape(
        "Roster",
        [
            .foreign("format", .string(bytes: nil), .fixed), .foreign("members", .list(.object(member), atMost: nil), .stored, isRequired: true),
            .foreign("salt", .string(bytes: nil), .generated), .foreign("session", .string(bytes: nil), .stored),
        ])
    private static let member = Shape(
        "RosterMember",
        [
            .foreign("certificate_sha256", .nullable(.string(bytes: nil)), .stored), .foreign("client_id", .string(bytes: nil), .stored),
            .foreign("data_size", .integer(nil), .stored, unit: "rows"), .foreign("joined_at", .timestamp, .clock),
            .foreign("member_key", .nullable(.string(bytes: nil)), .stored),
        ])
}

struct CardFacts: Described {
    static let name = "SessionModelCard"
    let id: String
    let card: CardForm
    static let fields = [FieldOf<CardFacts>("session_id", \.id, .stored), FieldOf("card", \.card, .measured)]
}
