import APIKit
import Federation
import FederationService
import Learning
import StrictJSON
import Testing
import TrustStreamAPI

/// Every documented request field, and ours, with values that are refused: the error names the field and repeats the value.
@Suite struct RequestTests {
    private let session = sessions + "/fl-session-1"

    private func refused(_ path: String, _ body: JSON, _ field: String, _ value: JSON, as caller: Caller = administrator) async {
        let surface = Surface()
        let answer = await surface.call("POST", path, json: body.setting(field, value).encodedText, as: caller)
        #expect(answer.status == 400, "\(field) = \(value.encodedText): \(answer.status)")
        #expect(
            answer.details["field"]?.text == field && answer.details["provided_value"] == value,
            "\(field) = \(value.encodedText): \(answer.details.encodedText)")
        #expect(surface.service.seen.calls.isEmpty)
    }

    @Test func everyFieldOfASessionIsChecked() async throws {
        let body = try JSON(parsing: Documented.plainRequest)
        let wrong: [(String, [JSON])] = [
            ("model_type", ["tree", 3]), ("algorithm", ["fedavg", ["x"]]), ("privacy_budget", [15.0, 0, "1"]), ("min_clients", [0, 1.5, "10", 100_001]),
            ("max_clients", [0, 9]), ("rounds", [0, 100_001, true]), ("client_fraction", [0, 1.5, "0.1"]), ("learning_rate", [0, 10.5, "x"]),
            ("batch_size", [0, 65_537]), ("local_epochs", [0, 1001, 2.5]), ("differential_privacy", [true, []]),
            ("differential_privacy.enabled", ["yes", 1]), ("differential_privacy.noise_multiplier", [-1, 1001, "x"]),
            ("differential_privacy.l2_norm_clip", [0, 1001]), ("secure_aggregation", ["no", 0]), ("byzantine_robust", ["no"]), ("momentum", [1, -0.5]),
            ("weight_decay", [-1, 11]), ("proximal_mu", [0.5, 1001]), ("aggregation", ["krumm", 1]), ("norm_bound", [1]), ("clip_radius", [1]),
            ("byzantine_tolerance", [-1, 1.5]),
            ("seed", [-1, 1.5, "42"]),
            ("model", [7, "mlp"]), ("model.kind", ["tree", 5]), ("model.layers", [[], [4], [4, 0], "4,2"]), ("round_deadline", [0, 604_801]),
            ("quorum", [0, 11]),
            ("auto_start", [1]), ("require_client_certificate", ["yes"]), ("heartbeat_interval", [0, 3601]),
        ]
        for (field, values) in wrong {
            let base = field.hasPrefix("model.") ? body.setting("model", ["kind": "mlp", "layers": [4, 3, 2]]) : body
            for value in values { await refused(sessions, base, field, value) }
        }
    }

    @Test func everyFieldOfJoiningIsChecked() async throws {
        let body = try JSON(parsing: Documented.joinRequest)
        let wrong: [(String, [JSON])] = [
            ("client_id", ["", "a/b", "..", ".", "a b", "ä", 7, .string(String(repeating: "x", count: 129))]), ("data_size", [-1, 1.5, "10"]),
            ("computation_capability", [1, ""]), ("network_bandwidth", [["1gbps"]]), ("privacy_preferences", ["none"]),
            ("privacy_preferences.max_privacy_budget", [0, 11, "0.5"]), ("privacy_preferences.data_minimization", ["yes"]), ("data_schema", [1]),
            ("data_schema.inputs", [0, "4", 1.5]), ("data_schema.outputs", [0]), ("data_schema.task", ["ranking"]), ("data_schema.scale.kind", ["log"]),
        ]
        for (field, values) in wrong {
            let base = field.hasPrefix("data_schema.") ? body.setting("data_schema", ["inputs": 4, "outputs": 2, "task": "classification"]) : body
            for value in values { await refused(session + "/join", base, field, value, as: .anonymous) }
        }
        let missing = await Surface().call("POST", session + "/join", json: "{\"registration_token\": \"reg-x\"}", as: .anonymous)
        #expect(missing.status == 400 && missing.details["field"] == "client_id" && missing.details["provided_value"] == .null)
    }

    @Test func theModelDecidesTheTypeThatIsNotSaid() async throws {
        let models: [(String, SessionSpec.ModelType)] = [
            (#"{"kind": "linear", "layers": [4, 1]}"#, .linear), (#"{"kind": "softmax_regression", "layers": [4, 2]}"#, .logisticRegression),
            (#"{"kind": "mlp", "layers": [4, 3, 2]}"#, .neuralNetwork),
        ]
        for (model, type) in models {
            let surface = Surface()
            #expect(await surface.call("POST", sessions, json: "{\"model\": \(model)}").status == 201)
            #expect(surface.service.seen.spec.modelType == type)
        }
        let wrong = await Surface().call("POST", sessions, json: #"{"model_type": "linear", "model": {"kind": "mlp", "layers": [4, 3, 2]}}"#)
        #expect(wrong.status == 400 && wrong.details["field"] == "model.kind" && wrong.details["provided_value"] == "mlp")
    }

    @Test func aModelsCardIsJSONOrMarkdown() async {
        let path = sessions + "/fl-session-1/model-card"
        let json = await Surface().call("GET", path, query: [("round", "3")])
        #expect(json.status == 200 && json.json["card"]?["model_details"]?["round"] == 3 && json.json["card"]?["metrics"]?["held_out"] == .null)
        let markdown = await Surface().call("GET", path, query: [("format", "markdown")])
        #expect(markdown.status == 200 && markdown.text.hasPrefix("# Model card: fl-session-1, round 4\n"))
        let wrong = await Surface().call("GET", path, query: [("format", "pdf")])
        #expect(wrong.status == 400 && wrong.details["field"] == "format" && wrong.details["provided_value"] == "pdf")
    }

    @Test func theListOfMembersIsTheAdministrators() async {
        let path = sessions + "/fl-session-1/receipt"
        let all = await Surface().call("GET", path)
        #expect(all.status == 200 && all.json["receipt"] == "header.payload.signature" && all.json["roster"]?["members"] == ["client-01"])
        for caller in [Caller.node(peer), .bearer(ServiceDouble.token)] {
            let part = await Surface().call("GET", path, as: caller)
            #expect(part.status == 200 && part.json["receipt"] == all.json["receipt"] && part.json["roster"] == .null)
        }
    }

    @Test func documentedChoicesThatAreNotBuiltAreNamed() async throws {
        let body = try JSON(parsing: Documented.plainRequest)
        let sampled = body.setting("differential_privacy.enabled", true).setting("sampling", "poisson")
        let answer = await Surface().call("POST", sessions, json: sampled.encodedText)
        #expect(answer.status == 501 && answer.details["field"]?.text == "sampling" && answer.details["provided_value"] == "poisson")
        let unknown = await Surface().call("POST", sessions, json: "{\"model_type\": \"neural_netwrk\"}")
        for name in ["neural_network", "logistic_regression", "linear", "cnn", "language_model", "did you mean 'neural_network'"] {
            #expect(unknown.details["issue"]?.text?.contains(name) == true, "\(name)")
        }
    }

    @Test func aSessionOfTextHasItsOwnUsualValues() throws {
        let usual = try SessionRequest(try JSON(parsing: #"{"model_type": "language_model", "rounds": 40}"#)).spec
        #expect(usual.model == ModelSpec(transformer: TransformerShape()) && usual.learningRate == 1e-3 && usual.batchSize == 16)
        #expect(usual.optimizer.name == .adam && usual.schedule == LearningRateSchedule(.cosine(to: 0.1), warmUpRounds: 2))
        let asked = try SessionRequest(
            try JSON(
                parsing: #"{"model": {"kind": "byte_transformer", "transformer": {"layers": 2, "width": 64, "context": 96}}, "learning_rate": 0.004, "#
                    + #""batch_size": 8, "local_steps": 50, "window": 64, "learning_rate_schedule": {"kind": "constant"}}"#)
        ).spec
        #expect(asked.modelType == .languageModel && asked.model?.transformer == TransformerShape(layers: 2, width: 64, heads: 4, hidden: 256, context: 96))
        #expect((asked.learningRate, asked.batchSize, asked.localSteps, asked.window) == (0.004, 8, 50, 64) && asked.schedule == .constant)
        for (body, field) in [
            (#"{"model_type": "language_model", "algorithm": "fedprox"}"#, "algorithm"), (#"{"model_type": "language_model", "window": 200}"#, "window"),
            (#"{"model_type": "language_model", "model": {"kind": "mlp", "layers": [2, 2]}}"#, "model.kind"),
            (#"{"model_type": "language_model", "model": {"kind": "byte_transformer", "transformer": {"heads": 3}}}"#, "model.transformer.width"),
            (#"{"model_type": "neural_network", "local_steps": 3}"#, "local_steps"),
        ] {
            let json = try JSON(parsing: body)
            #expect("\(body)") { try SessionRequest(json) } throws: { error in
                if case .invalid(let named, _, _)? = error as? ServiceError { named == field } else { false }
            }
        }
    }

    @Test func byzantineRobustChoosesARuleThatIs() async {
        for (body, rule) in [
            (#"{"byzantine_robust": true, "min_clients": 10}"#, SessionSpec.Aggregation.trimmedMean),
            (#"{"byzantine_robust": true, "aggregation": "median", "min_clients": 10}"#, .median),
            (#"{"byzantine_robust": true, "secure_aggregation": true, "min_clients": 15}"#, .trimmedMean), (#"{"byzantine_robust": false}"#, .mean),
        ] {
            let surface = Surface()
            #expect(await surface.call("POST", sessions, json: body).status == 201)
            #expect(surface.service.seen.spec.aggregation == rule)
        }
        let mean = await Surface().call("POST", sessions, json: #"{"byzantine_robust": true, "aggregation": "mean", "min_clients": 10}"#)
        #expect(mean.status == 400 && mean.details["field"]?.text == "byzantine_robust")
        for rule in SessionSpec.Aggregation.allCases where rule.withstandsLiars {
            let surface = Surface()
            #expect(
                await surface.call("POST", sessions, json: "{\"aggregation\": \"\(rule.rawValue)\", \"byzantine_tolerance\": 2, \"min_clients\": 10}").status
                    == 201)
            #expect(surface.service.seen.spec.aggregation == rule && surface.service.seen.spec.byzantineTolerance == 2)
        }
        let bounded = Surface()
        #expect(await bounded.call("POST", sessions, json: #"{"aggregation": "norm_bounding", "norm_bound": 0.5}"#).status == 201)
        #expect(bounded.service.seen.spec.normBound == 0.5)
        let bounds = await Surface().call("POST", sessions, json: #"{"byzantine_robust": true, "aggregation": "norm_bounding", "norm_bound": 1}"#)
        #expect(bounds.status == 400 && bounds.details["field"]?.text == "byzantine_robust")
        let clipping = Surface()
        #expect(await clipping.call("POST", sessions, json: #"{"aggregation": "centered_clipping", "clip_radius": 2}"#).status == 201)
        #expect(clipping.service.seen.spec.clipRadius == 2)
        let few = await Surface().call("POST", sessions, json: #"{"byzantine_robust": true, "secure_aggregation": true, "min_clients": 10}"#)
        #expect(few.status == 201 && few.notices == ["min_clients"] && few.json.encodedText.contains("15 clients are needed"))
        let never = await Surface().call(
            "POST", sessions, json: #"{"byzantine_robust": true, "secure_aggregation": true, "min_clients": 10, "max_clients": 14}"#)
        #expect(never.status == 400 && never.details["field"]?.text == "max_clients" && never.details["issue"]?.text?.contains("15") == true)
    }

    @Test func secureAggregationIsAFlagOrAnObject() async {
        for (body, floor) in [(#"{"min_clients": 6, "secure_aggregation": true}"#, 4), (#"{"min_clients": 6, "secure_aggregation": {"group_floor": 3}}"#, 3)] {
            let surface = Surface()
            let answer = await surface.call("POST", sessions, json: body)
            #expect(answer.status == 201 && surface.service.seen.spec.secureAggregation?.groupFloor == floor)
            #expect(answer.notices == (floor == 3 ? ["secure_aggregation.group_floor"] : []))
        }
        let lying = await Surface().call("POST", sessions, json: #"{"min_clients": 6, "secure_aggregation": {"mode": "malicious_server"}}"#)
        #expect(lying.status == 201 && lying.notices == ["secure_aggregation.mode"] && lying.json.encodedText.contains("pinned_keys"))
        let hybrid = Surface()
        let made = await hybrid.call("POST", sessions, json: #"{"min_clients": 6, "max_clients": 400, "secure_aggregation": {"key_agreement": "x_wing"}}"#)
        #expect(made.status == 201 && hybrid.service.seen.spec.secureAggregation?.keyAgreement == .xWing)
        let off = Surface()
        #expect(await off.call("POST", sessions, json: #"{"secure_aggregation": {"enabled": false, "bits": 8}}"#).notices == ["secure_aggregation.bits"])
        #expect(off.service.seen.spec.secureAggregation == nil)
        for (body, field) in [
            (#"{"min_clients": 2, "max_clients": 4, "secure_aggregation": true}"#, "max_clients"),
            (#"{"min_clients": 6, "secure_aggregation": {"bits": 99}}"#, "secure_aggregation.bits"),
            (#"{"min_clients": 6, "algorithm": "scaffold", "secure_aggregation": true}"#, "algorithm"),
            (#"{"min_clients": 6, "secure_aggregation": {"key_agreement": "x448"}}"#, "secure_aggregation.key_agreement"),
            (#"{"min_clients": 6, "secure_aggregation": {"mode": "trusting"}}"#, "secure_aggregation.mode"),
        ] {
            let answer = await Surface().call("POST", sessions, json: body)
            #expect(answer.status == 400 && answer.details["field"]?.text == field)
        }
    }

    @Test func dataOfAnotherFormIsAConflictThatRepeatsWhatWasSent() async {
        let surface = Surface()
        surface.service.set { $0.failure = .disagreement(field: "data_schema.inputs", issue: "the session has 64", provided: "in words") }
        let body = "{\"client_id\": \"a\", \"registration_token\": \"r\", \"data_schema\": {\"inputs\": 4, \"outputs\": 2}}"
        let answer = await surface.call("POST", session + "/join", json: body, as: .anonymous)
        #expect(answer.status == 409 && answer.details["field"] == "data_schema.inputs" && answer.details["provided_value"] == 4)
    }

    @Test func noticesNameWhatIsUnknownOrWithoutEffect() async {
        let created = await Surface().call(
            "POST", sessions,
            json:
                "{\"minClients\": 3, \"delta\": 1e-5, \"differential_privacy\": {\"epsilon\": 1}, \"model\": {\"kind\": \"mlp\", \"layers\": [4, 3, 2], \"bias\": false}}"
        )
        #expect(created.status == 201)
        #expect(Set(created.notices) == ["minClients", "delta", "differential_privacy.epsilon", "model.bias"])
        let joined = await Surface().call(
            "POST", session + "/join",
            json:
                "{\"client_id\": \"client-01\", \"registration_token\": \"r\", \"dataSize\": 3, \"csr\": \"x\", \"data_schema\": {\"inputs\": 4, \"outputs\": 2, \"rows\": 9, \"colour\": 1, \"scale\": {\"kind\": \"none\", \"mean\": 1}}}",
            as: .node(peer))
        #expect(joined.status == 200, "\(joined.json.encodedText)")
        #expect(Set(joined.notices) == ["dataSize", "csr", "registration_token", "data_schema.rows", "data_schema.colour", "data_schema.scale.mean"])
        let tokens = await Surface().call("POST", "/api/v4/nodes/tokens", json: "{\"names\": [\"a\"], \"count\": 4, \"nmaes\": []}")
        #expect(tokens.status == 201 && Set(tokens.notices) == ["count", "nmaes"])
        let enrolled = await Surface().call("POST", "/api/v4/nodes/enrol", json: "{\"token\": \"t\", \"csr\": \"c\", \"name\": \"x\"}", as: .anonymous)
        #expect(enrolled.status == 201 && enrolled.notices == ["name"])
        for leaf in ["start", "stop"] { #expect(await Surface().call("POST", "\(session)/\(leaf)", json: "{\"reason\": \"x\"}").notices == ["reason"]) }
        #expect(await Surface().call("POST", session + "/heartbeat", json: "{\"x\": 1}", as: .node(peer)).notices == ["x"])
        #expect(await Surface().call("GET", session + "/rounds", query: [("aftr", "1")]).notices == ["aftr"])
    }

    @Test func whatASessionSaysOfItselfIsKnownWhenItIsSentBack() async {
        let models = [
            ModelSpec(kind: .mlp, layers: [64, 32, 10]),
            ModelSpec(
                kind: .cnn, layers: [64, 10], image: ImageShape(height: 8, width: 8, channels: 1),
                convolutions: [ConvolutionSpec(channels: 4, kernel: 3, pool: 2)]),
        ]
        for model in models {
            let answer = await Surface().call("POST", sessions, json: JSON.object([]).setting("model", model.json).encodedText)
            #expect(answer.notices.isEmpty, "\(model.json.encodedText): \(answer.json.encodedText)")
        }
        let scales: [Scaling] = [.none, .constant(16), .minMax(mins: [0, 0], maxs: [1, 1]), .standardize(means: [0, 0], deviations: [1, 1])]
        for scale in scales {
            let schema = DataSchema(inputs: 2, outputs: 2, scale: scale, labels: ["a", "b"]).json
            let body: JSON = ["client_id": "a", "registration_token": "r", "data_schema": schema]
            let answer = await Surface().call("POST", session + "/join", json: body.encodedText, as: .anonymous)
            #expect(answer.status == 200 && answer.notices.isEmpty, "\(answer.json.encodedText)")
        }
    }

    @Test func secretsAreNeverInAnyReply() async {
        let secret = "reg-" + String(repeating: "sEcr3t_-", count: 6)
        let bodies: [(String, String)] = [
            (session + "/join", "{\"client_id\": \"a\", \"registration_token\": \"\(secret)\(String(repeating: "x", count: 300))\"}"),
            (session + "/join", "{\"client_id\": \"\(secret)/\"}"), (session + "/join", "{\"client_id\": \"a\", \"registration_token\": [\"\(secret)\"]}"),
            ("/api/v4/nodes/enrol", "{\"token\": {\"a\": \"\(secret)\"}, \"csr\": \"c\"}"),
            ("/api/v4/nodes/enrol", "{\"token\": \"t\", \"csr\": [\"\(secret)\"]}"),
            ("/api/v4/nodes/tokens", "{\"names\": [\"\(secret) \"]}"), (sessions, "{\"model_type\": \"\(secret)\"}"),
            (sessions, "{\"\(secret)\": 1, \"rounds\": 0}"),
        ]
        for (path, body) in bodies {
            let answer = await Surface().call("POST", path, json: body)
            #expect(answer.status == 400, "\(body.prefix(60))")
            #expect(!answer.json.encodedText.contains("sEcr3t"), "\(body.prefix(60))")
        }
    }

    @Test func tokensAreForSoundNames() async {
        let surface = Surface()
        #expect(await surface.call("POST", "/api/v4/nodes/tokens", json: "{\"count\": 3, \"prefix\": \"lab\"}").status == 201)
        #expect(surface.service.seen.names == ["lab-01", "lab-02", "lab-03"])
        // One that is there would be replaced.
        let again = await surface.call("POST", "/api/v4/nodes/tokens", json: "{\"count\": 2}")
        #expect(again.status == 201 && again.notices == ["names"] && again.json.encodedText.contains("client-01 is enrolled already"))
        #expect(await surface.call("POST", "/api/v4/nodes/tokens", json: "{\"names\": [\"b\"]}").notices.isEmpty)
        let wrong: [(String, String)] = [
            ("{\"names\": [\"a\", \"..\"]}", "names"), ("{\"names\": [\"a\", \"b\", \"a\"]}", "names"), ("{\"names\": [\"a/b\"]}", "names"),
            ("{\"names\": \"a\"}", "names"),
            ("{\"prefix\": \"a b\"}", "prefix"), ("{\"prefix\": \"../a\"}", "prefix"), ("{\"count\": 0}", "count"), ("{\"count\": 10001}", "count"),
            ("{\"lifetime_seconds\": 59}", "lifetime_seconds"),
        ]
        for (body, field) in wrong {
            let answer = await Surface().call("POST", "/api/v4/nodes/tokens", json: body)
            #expect(answer.status == 400 && answer.details["field"]?.text == field, "\(body): \(answer.details.encodedText)")
        }
    }

    @Test func nothingFromOutsideTraps() async {
        var state: UInt64 = 7
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let values: [JSON] = [
            .null, true, -1, 0, 1, 3, .integer(.max), .integer(.min), 1e308, -0.0, 1e-300, "", "x", "neural_network", [], [1, 2], [.integer(.max)], .object([]),
            ["kind": "mlp"],
            ["kind": "mlp", "layers": [1, 2]], ["enabled": true], ["inputs": 3, "outputs": 2, "scale": ["kind": "constant", "constant": 1e300]],
        ]
        let fields = [
            "model_type", "min_clients", "max_clients", "rounds", "client_fraction", "learning_rate", "differential_privacy", "secure_aggregation", "momentum",
            "proximal_mu", "aggregation", "byzantine_tolerance", "seed", "model", "round_deadline", "quorum", "privacy_budget", "client_id", "data_size",
            "data_schema",
            "privacy_preferences", "registration_token", "names", "count", "prefix", "lifetime_seconds", "token", "csr",
        ]
        let surface = Surface()
        for _ in 0..<3000 {
            var body = JSON.object([])
            for _ in 0..<(1 + random(5)) { body = body.setting(fields[random(fields.count)], values[random(values.count)]) }
            for path in [sessions, session + "/join", "/api/v4/nodes/tokens", "/api/v4/nodes/enrol"] {
                let answer = await surface.call("POST", path, json: body.encodedText)
                #expect([200, 201, 400, 501].contains(answer.status), "\(path) \(body.encodedText): \(answer.status)")
            }
        }
    }
}
