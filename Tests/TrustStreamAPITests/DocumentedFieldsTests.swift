import APIKit
import Federation
import FederationService
import Foundation
import StrictJSON
import Testing

/// What every documented field of the requests does to a session, to a client's joining, and to what monitoring tells. Which fields there are is
/// read from the document's examples (Tests/Golden/documents): one without a row fails.
@Suite struct DocumentedFieldsTests {
    private struct Row {
        let field: String
        /// Another value than the document's.
        let other: JSON
        let read: @Sendable (SessionSpec) -> JSON
        /// What is read for both; left out: the values themselves.
        var shown: (documented: JSON, other: JSON)?
        /// Without the protections, of which some hold the other fields to more.
        var isPlain = true
    }

    private static let rows = [
        Row(field: "model_type", other: "cnn") { .string($0.modelType.rawValue) }, Row(field: "algorithm", other: "fedprox") { .string($0.algorithm.rawValue) },
        Row(field: "privacy_budget", other: 2.5, read: { JSON($0.privacyBudget) }, isPlain: false),
        Row(field: "min_clients", other: 12) { JSON($0.minClients) },
        Row(field: "max_clients", other: 500) { JSON($0.maxClients) }, Row(field: "rounds", other: 7) { JSON($0.rounds) },
        Row(field: "client_fraction", other: 0.5) { JSON($0.clientFraction) }, Row(field: "learning_rate", other: 0.25) { JSON($0.learningRate) },
        Row(field: "batch_size", other: 64) { JSON($0.batchSize) }, Row(field: "local_epochs", other: 2) { JSON($0.localEpochs) },
        Row(
            field: "differential_privacy", other: .object([]), read: { .bool($0.privacy != nil) }, shown: (true, false), isPlain: false),
        Row(field: "differential_privacy.enabled", other: false, read: { .bool($0.privacy != nil) }, isPlain: false),
        Row(field: "differential_privacy.noise_multiplier", other: 2.5, read: { JSON($0.privacy?.noiseMultiplier) }, isPlain: false),
        Row(field: "differential_privacy.l2_norm_clip", other: 0.5, read: { JSON($0.privacy?.l2Clip) }, isPlain: false),
        Row(field: "secure_aggregation", other: false, read: { .bool($0.secureAggregation != nil) }, isPlain: false),
        Row(
            field: "byzantine_robust", other: false, read: { .string($0.aggregation.rawValue) }, shown: ("trimmed_mean", "mean"), isPlain: false),
    ]

    private func example(_ method: String, _ path: String) throws -> JSON {
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let document = try JSON(parsing: Array(try Data(contentsOf: top.appending(path: "Golden/documents/truststream.json"))))
        return try #require(document["examples"]?.elements?.first { $0["method"]?.text == method && $0["path"]?.text == path })
    }

    private func names(_ json: JSON?, _ place: String = "") -> [String] {
        (json?.members ?? []).flatMap { [place + $0.name] + names($0.value, place + $0.name + ".") }
    }

    @Test func everyFieldOfASessionDoesWhatIsSaid() async throws {
        let body = try #require(try example("POST", "/federated-learning/sessions")["request"]?["body"])
        #expect(Set(names(body)) == Set(Self.rows.map(\.field)), "rows that are missing, or of nothing that is documented")
        let plain = body.setting("differential_privacy.enabled", false).setting("secure_aggregation", false).setting("byzantine_robust", false)
        for row in Self.rows {
            let base = row.isPlain ? plain : body
            let documented = try #require(row.field.split(separator: ".").reduce(base) { $0?[String($1)] })
            for (value, shown) in [(documented, row.shown?.documented ?? documented), (row.other, row.shown?.other ?? row.other)] {
                let surface = Surface()
                let answer = await surface.call("POST", sessions, json: base.setting(row.field, value).encodedText)
                #expect(answer.status == 201, "\(row.field) = \(value.encodedText): \(answer.json.encodedText)")
                let read = row.read(surface.service.seen.spec)
                #expect(read == shown || (read.double != nil && read.double == shown.double), "\(row.field) = \(value.encodedText) became \(read.encodedText)")
            }
        }
        // Without differential privacy a budget has no effect, and that is said.
        let answer = await Surface().call("POST", sessions, json: plain.encodedText)
        #expect(answer.notices.contains("privacy_budget"))
    }

    @Test func everyFieldOfJoiningDoesWhatIsSaid() async throws {
        let path = sessions + "/fl-session-1/join"
        let body = try #require(try example("POST", "/federated-learning/sessions/{session_id}/join")["request"]?["body"])
        // A field that is only kept says so in a notice.
        let rows: [(field: String, other: JSON, read: @Sendable (JoinApplication) -> JSON, isNoticed: Bool)] = [
            ("client_id", "client-2", { .string($0.clientID) }, false), ("registration_token", "reg-other", { JSON($0.registrationToken) }, false),
            ("data_size", 7, { .integer($0.request.dataSize) }, false),
            ("computation_capability", "low", { .string($0.request.computationCapability) }, true),
            ("network_bandwidth", "10gbps", { .string($0.request.networkBandwidth) }, true),
            ("privacy_preferences", .object([]), { JSON($0.request.maxPrivacyBudget) }, false),
            ("privacy_preferences.max_privacy_budget", 0.25, { JSON($0.request.maxPrivacyBudget) }, false),
            ("privacy_preferences.data_minimization", false, { .bool($0.request.dataMinimization) }, false),
        ]
        #expect(Set(names(body)) == Set(rows.map(\.field)), "rows that are missing, or of nothing that is documented")
        for row in rows {
            let surface = Surface()
            let answer = await surface.call("POST", path, json: body.setting(row.field, row.other).encodedText, as: .anonymous)
            #expect(answer.status == 200, "\(row.field): \(answer.json.encodedText)")
            let application = try #require(surface.service.seen.application)
            let (read, wanted) = (row.read(application), row.field == "privacy_preferences" ? JSON.null : row.other)
            #expect(read == wanted || (read.double != nil && read.double == wanted.double), "\(row.field) became \(read.encodedText)")
            #expect(!row.isNoticed || answer.notices.contains(row.field), "\(row.field) is kept without a word")
        }
    }

    @Test func everyParameterOfMonitoringDoesWhatIsSaid() async throws {
        let path = "/api/v4/monitoring/performance"
        let choices = try #require(try example("GET", "/monitoring/performance")["choices"]?.members)
        #expect(Set(choices.map(\.name)) == ["time_range", "metrics", "aggregation"])
        // The document lists the values of each.
        for choice in choices {
            for value in (choice.value.text ?? "").split(separator: "`").map(String.init) where !value.hasPrefix(",") {
                let answer = await Surface().call("GET", path, [], query: [(name: choice.name, value: value)])
                let system = answer.json["metrics"]?["system_performance"]
                #expect(answer.status == 200, "\(choice.name)=\(value): \(answer.json.encodedText)")
                switch choice.name {
                case "time_range": #expect(answer.json["time_range"]?.text == value)
                case "aggregation": #expect(system?["cpu_utilization"]?["aggregation"]?.text == value, "\(value)")
                default:
                    let shown = Set((system?.members ?? []).map(\.name))
                    let own = ["cpu": "cpu_utilization", "memory": "memory_utilization", "network": "network_throughput", "storage": "storage"][value]
                    #expect(shown == Set([own].compactMap { $0 }), "\(value): \(shown)")
                    #expect((answer.json["metrics"]?["application_performance"]?["requests"] != nil) == (value == "requests"), "\(value)")
                }
            }
        }
    }
}
