import APIKit
import Federation
import Learning
import StrictJSON
import Testing

/// What a session may ask for beyond the document, and how it is refused.
@Suite struct StrategyRequestTests {
    private func created(_ body: JSON) async -> (answer: Answer, spec: SessionSpec) {
        let surface = Surface()
        let answer = await surface.call("POST", sessions, json: body.encodedText)
        return (answer, surface.service.seen.spec)
    }

    @Test func everyAlgorithmIsTaken() async {
        for algorithm in SessionSpec.Algorithm.allCases {
            let (answer, spec) = await created(["algorithm": .string(algorithm.rawValue), "server_learning_rate": 0.5])
            #expect(answer.status == 201 && answer.notices.isEmpty && spec.algorithm == algorithm && spec.serverLearningRate == 0.5)
        }
        let (_, adam) = await created(["algorithm": "fedadam", "beta1": 0.5, "beta2": 0.75, "tau": 0.25])
        #expect(adam.beta1 == 0.5 && adam.beta2 == 0.75 && adam.tau == 0.25)
    }

    @Test func theFieldThatDoesNotFitIsNamed() async {
        let wrong: [(JSON, String)] = [
            (["algorithm": "fedadam", "beta1": 1], "beta1"), (["beta2": 0.5], "beta2"), (["algorithm": "fedyogi", "tau": 2], "tau"),
            (["algorithm": "scaffold", "aggregation": "median", "min_clients": 3], "aggregation"), (["server_learning_rate": -1], "server_learning_rate"),
            (["over_selection": 0.5], "over_selection"), (["model_selection": "first"], "model_selection"),
            (["early_stopping": ["patience": 0]], "early_stopping.patience"),
            (["learning_rate_schedule": ["kind": "linear"]], "learning_rate_schedule.kind"), (["initial_model": ["upload": false]], "initial_model"),
            (["initial_model": ["session_id": "s", "upload": true]], "initial_model"),
            (["initial_model": ["upload": true, "round": 3]], "initial_model.round"),
        ]
        for (body, field) in wrong {
            let (answer, _) = await created(body)
            #expect(answer.status == 400 && answer.details["field"]?.text == field, "\(body.encodedText): \(answer.json.encodedText)")
        }
    }

    @Test func optionsReachTheSpecAndStraysAreNamed() async {
        let (answer, spec) = await created([
            "over_selection": 1.25, "model_selection": "best", "early_stopping": ["patience": 3, "metric": "accuracy", "x": 1],
            "learning_rate_schedule": ["kind": "cosine", "to": 0.5, "y": 1], "initial_model": ["session_id": "s", "round": 2, "z": 1],
        ])
        #expect(answer.status == 201, "\(answer.json.encodedText)")
        #expect(Set(answer.notices) == ["early_stopping.x", "learning_rate_schedule.y", "initial_model.z"])
        #expect(spec.overSelection == 1.25 && spec.modelSelection == .best && spec.earlyStopping?.patience == 3 && spec.schedule.decay == .cosine(to: 0.5))
        #expect(spec.initialModel == SessionSpec.InitialModel(session: "s", round: 2))
        let (robust, _) = await created(["aggregation": "median", "model_selection": "best", "early_stopping": ["patience": 3]])
        #expect(Set(robust.notices) == ["model_selection", "early_stopping"], "clients are not believed there")
    }

    @Test func aControlIsServedLikeAModel() async {
        let path = sessions + "/fl-session-1/control"
        func get(_ query: [(name: String, value: String)], _ headers: [(name: String, value: String)] = []) async -> Answer {
            await Surface().call("GET", path, [], as: .node(peer), query: query, headers: headers)
        }
        let tag = "\"\(ServiceDouble.digest)\""
        let answer = await get([("round", "3")])
        #expect(answer.status == 200 && answer.header("etag") == tag)
        #expect(await get([]).details["field"] == "round")
        #expect(await get([("round", "3")], [(name: "if-none-match", value: tag)]).status == 304)
    }

    @Test func aFirstModelIsASafetensorsFile() async {
        let path = sessions + "/fl-session-1/initial-model"
        let surface = Surface()
        func put(_ bytes: [UInt8], type: String = "application/octet-stream", as caller: Caller = administrator) async -> Answer {
            await surface.call("PUT", path, bytes, as: caller, headers: [(name: "content-type", value: type)])
        }
        #expect(await put([1, 2, 3]).status == 200)
        #expect(surface.service.seen.body == [1, 2, 3])
        #expect(await put([0x50, 0x4B, 0x03, 0x04]).status == 415, "a zip archive")
        #expect(await put([1], type: "text/csv").status == 415)
        #expect(await put([1], as: .node(peer)).status == 403)
    }
}
