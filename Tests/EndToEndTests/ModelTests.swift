import FaultHarness
import Foundation
import Testing

/// What asks models, in Python; `TUTTI_PYTHON` names one that has the libraries of others.
private enum Python {
    static let program = ProcessInfo.processInfo.environment["TUTTI_PYTHON"] ?? "python3"
    static let hasInference = has("tritonclient.http, gevent, open_inference.openapi.client, httpx, numpy")
    static let hasOpenAI = has("openai, httpx")
    /// Before 5.2.5 it compared signatures of names with other letters than English ones wrongly.
    static let hasObjectStore = has(
        "boto3, flask, flask_cors, moto, moto.server; assert [int(part) for part in moto.__version__.split('.')] >= [5, 2, 5]")

    private static func has(_ modules: String) -> Bool { (try? run("-c", "import \(modules)"))?.status == 0 }
    static func run(_ arguments: String...) throws -> Programs.Result { try Programs.run("/usr/bin/env", [program] + arguments) }
}

/// Models that sessions left, asked over TLS as a user would ask them.
extension EndToEndTests {
    /// What the quickstart leaves: its figures, and the coordinator's folder with the model in it.
    private func afterQuickstart(_ arguments: [String], _ look: (_ result: [String: Any], _ kept: String, _ cluster: Cluster, _ model: String) throws -> Void)
        throws
    {
        let kept = NSTemporaryDirectory() + "tutti-kept-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: kept) }
        let result = try quickstart(arguments + ["--keep", kept])
        let digest = try #require(result["model_sha256"] as? String)
        try look(result, kept, try Cluster(serving: kept + "/coordinator"), "fed-digits-\(digest.prefix(8))")
    }

    /// As many of the held-out digits are told from pictures as the session said of their rows, and it is as sure as its card says.
    @Test func theQuickstartsModelTellsPicturesOfHeldOutDigits() throws {
        try afterQuickstart([]) { result, kept, cluster, model in
            let asked = try Python.run(
                "Tests/Golden/live_digits.py", "--url", cluster.url, "--data", cluster.data, "--rows", kept + "/data/holdout.csv", "--model", model)
            #expect(asked.status == 0, "\(asked.err)\(cluster.log)")
            let (seen, told) = (asked.data, asked.data["told"] as? [String: Any] ?? [:])
            let (rows, accuracy) = (seen["rows"] as? Int ?? 0, seen["accuracy"] as? Double ?? 0)
            let (error, stated) = (seen["expected_calibration_error"] as? Double ?? 1, told["expected_calibration_error"] as? Double ?? 0)
            print(
                "digits: \(seen["right"] ?? 0) of \(rows) from pictures, the session says \(result["test_accuracy"] ?? 0); ECE \(error), the card says \(stated)"
            )
            #expect(rows > 300 && seen["polarities"] as? Int == rows)
            #expect(abs(accuracy - (result["test_accuracy"] as? Double ?? 0)) < 1e-9 && accuracy > 0.9)
            #expect(told["sha256"] as? String == result["model_sha256"] as? String && told["model"] as? String == model)
            #expect(stated > 0 && abs(error - stated) < 1e-4)
        }
    }

    @Test(.enabled(if: Python.hasInference, "needs pip install 'tritonclient[http]' open-inference-openapi numpy; TUTTI_PYTHON names its Python"))
    func clientsOfTheOpenInferenceProtocolAskASessionsModel() throws {
        try afterQuickstart(["--clients", "4", "--rounds", "3", "--secure", "off", "--aggregation", "mean"]) { _, kept, cluster, model in
            let asked = try Python.run(
                "Tests/Golden/live_models.py", "--url", cluster.url, "--data", cluster.data, "--model", model, "--weights", kept + "/model.safetensors")
            #expect(asked.status == 0, "\(asked.err)\(asked.out)\(cluster.log)")
            for line in ["the numbers are NumPy's", "open-inference: the same numbers"] { #expect(asked.out.contains("ok: \(line)"), "\(line)") }
        }
    }

    @Test(.enabled(if: Python.hasOpenAI, "needs pip install openai; TUTTI_PYTHON names its Python"))
    func theClientOfOpenAIWorksUnchanged() throws {
        let asked = try Python.run("Tests/Golden/live_openai.py", "--bin", Programs.bin)
        #expect(asked.status == 0, "\(asked.err)\(asked.out)")
        for line in ["a text is continued", "as a stream, too", "a stop sequence ends a text before itself"] {
            #expect(asked.out.contains("ok: \(line)"), "\(line)")
        }
    }

    /// A store that compares signatures, and that the script starts itself.
    @Test(.enabled(if: Python.hasObjectStore, "needs pip install 'moto[server]>=5.2.5' boto3; TUTTI_PYTHON names its Python"))
    func aModelComesOutOfAnObjectStoreOfOthersAndAnswers() throws {
        let asked = try Python.run("Tests/Golden/live_s3.py", "--bin", Programs.bin)
        #expect(asked.status == 0, "\(asked.err)\(asked.out)")
        for line in ["and answers, under its SHA-256", "a wrong secret: ", "no reply, no line of the log and no file of the coordinator has a secret in it"] {
            #expect(asked.out.contains("ok: \(line)"), "\(line)")
        }
    }

    /// Eight callers over kept connections, twenty other versions; what they see is looked at in `Tests/Golden/live_redeploy.py`.
    @Test func aModelIsReplacedUnderLoadWithoutOneFailedCall() throws {
        let asked = try Python.run("Tests/Golden/live_redeploy.py", "--bin", Programs.bin)
        #expect(asked.status == 0, "\(asked.err)\(asked.out)")
        for line in ["20 times another version", "every caller was answered by every version", "a call whose version leaves 0.5 s"] {
            #expect(asked.out.contains("ok: \(line)"), "\(line)")
        }
        print(asked.out)
    }
}
