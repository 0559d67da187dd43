import APIKit
import Federation
import FederationService
import StrictJSON
import Testing

/// The document's own examples, sent and compared.
@Suite struct DocumentedReplyTests {
    private let session = sessions + "/fl-session-1"

    @Test func createAnswersWithEveryDocumentedKey() async throws {
        let answer = await Surface().call("POST", sessions, json: Documented.plainRequest)
        #expect(answer.status == 201 && answer.header("location") == session)
        #expect(Documented.differences(try JSON(parsing: Documented.createReply), answer.json, mayBeNull: ["encryption_key"]) == [])
        #expect(answer.json["aggregation_server"] == "https://coordinator:8443")
        #expect(answer.json["coordinator_endpoint"]?.text == "wss://coordinator:8443\(session)/socket")
        #expect(answer.json["estimated_duration"] == "unknown" && answer.json["created_at"] == "2025-09-22T02:00:03.000Z")
        #expect(answer.notices == ["differential_privacy.noise_multiplier", "differential_privacy.l2_norm_clip", "privacy_budget"])
    }

    @Test func theExampleReadsAsItSays() async throws {
        let surface = Surface()
        _ = await surface.call("POST", sessions, json: Documented.plainRequest)
        let spec = surface.service.seen.spec
        #expect(spec.minClients == 10 && spec.maxClients == 1000 && spec.rounds == 100 && spec.clientFraction == 0.1 && spec.learningRate == 0.01)
        #expect(spec.batchSize == 32 && spec.localEpochs == 5 && spec.privacyBudget == 1.0 && spec.algorithm == .federatedAveraging)
    }

    @Test func joinAnswersWithEveryDocumentedKey() async throws {
        let surface = Surface()
        let answer = await surface.call("POST", session + "/join", json: Documented.joinRequest, as: .anonymous)
        #expect(answer.status == 200)
        #expect(Documented.differences(try JSON(parsing: Documented.joinReply), answer.json) == [])
        #expect(answer.json["model_weights_url"]?.text == "https://coordinator:8443\(session)/weights")
        #expect(answer.json["update_endpoint"]?.text == "https://coordinator:8443\(session)/update")
        #expect(
            answer.notices == [
                "computation_capability", "network_bandwidth", "privacy_preferences.data_minimization", "privacy_preferences.max_privacy_budget",
            ])
        let application = try #require(surface.service.seen.application)
        #expect(application.clientID == "client-uuid-67890" && application.registrationToken == "reg-token-abc123" && application.request.dataSize == 10_000)
    }

    @Test func statusAnswersWithEveryDocumentedKeyBeforeAnythingIsMeasured() async throws {
        let unmeasured: Set = [
            "accuracy", "loss", "privacy_budget_used", "estimated_completion", "performance_metrics.throughput", "performance_metrics.latency_p99",
        ]
        let answer = await Surface().call("GET", session)
        #expect(Documented.differences(try JSON(parsing: Documented.statusReply), answer.json, mayBeNull: unmeasured) == [])
        for path in unmeasured { #expect(ObjectReader(answer.json).provided(path) == .null, "\(path)") }
    }

    @Test func statusAnswersWithEveryDocumentedKeyOnceMeasured() async throws {
        let surface = Surface()
        surface.service.set {
            var record = SessionRecord(id: "s", tenant: "default", spec: SessionSpec(), createdAt: Instant(milliseconds: 0), registrationTokenHash: [])
            record.status = .training
            var view = SessionView(record: record)
            (view.accuracy, view.loss, view.estimatedCompletion) = (1, 0, Instant(milliseconds: 0))
            (view.updatesPerMinute, view.updateLatencyP99Milliseconds, view.activeClients, view.totalClients, view.cohort) = (1200.4, 449.6, 3, 4, 2)
            $0.view = view
        }
        let answer = await surface.call("GET", session, as: .bearer(ServiceDouble.token))
        #expect(Documented.differences(try JSON(parsing: Documented.statusReply), answer.json, mayBeNull: ["privacy_budget_used"]) == [])
        #expect(answer.json["performance_metrics"]?["throughput"] == "1200 updates/minute" && answer.json["performance_metrics"]?["latency_p99"] == "450ms")
        #expect(answer.json["effective_client_fraction"] == 0.5)
    }

    @Test func theErrorExampleIsAnsweredLikeTheDocument() async throws {
        let body = try JSON(parsing: Documented.plainRequest).setting("privacy_budget", 15.0)
        let answer = await Surface().call("POST", sessions, json: body.encodedText)
        #expect(answer.status == 400)
        #expect(Documented.differences(try JSON(parsing: Documented.error), answer.json) == [])
        #expect(answer.details["field"] == "privacy_budget" && answer.details["provided_value"] == 15.0)
        #expect(answer.details["issue"]?.text?.contains("between 0.1 and 10.0") == true)
        #expect(answer.json.encodedText.contains("\"provided_value\":15.0"))
    }

    @Test func whatTheRepliesPointAtIsThere() async throws {
        let surface = Surface()
        let created = await surface.call("POST", sessions, json: Documented.plainRequest).json
        let joined = await surface.call("POST", session + "/join", json: Documented.joinRequest, as: .anonymous).json
        let client = Caller.bearer(ServiceDouble.token)
        func path(_ url: JSON?) throws -> String { "/" + (try #require(url?.text)).split(separator: "/", maxSplits: 2).dropFirst(2).joined() }
        #expect(await surface.call("GET", try path(joined["model_weights_url"]), as: client).status == 200)
        #expect(await surface.call("POST", try path(joined["update_endpoint"]), as: client).status == 200)
        #expect(await surface.call("GET", try path(created["coordinator_endpoint"]), as: client).status == 426)
    }

    @Test func theEstimateIsTheServicesAndSaidForPeople() async {
        let said: [(Double?, String)] = [
            (nil, "unknown"), (0.2, "less than a second"), (1, "1 second"), (45.4, "45 seconds"), (89, "89 seconds"), (90, "1.5 minutes"), (600, "10 minutes"),
            (5400, "1.5 hours"), (86_400, "24 hours"), (.infinity, "unknown"), (-1, "unknown"), (.nan, "unknown"),
        ]
        for (seconds, text) in said {
            let surface = Surface()
            surface.service.set {
                let record = SessionRecord(id: "s", tenant: "default", spec: SessionSpec(), createdAt: Instant(milliseconds: 0), registrationTokenHash: [])
                var view = SessionView(record: record)
                view.estimatedDurationSeconds = seconds
                $0.view = view
            }
            #expect(await surface.call("POST", sessions, json: "{}").json["estimated_duration"]?.text == text)
        }
    }
}
