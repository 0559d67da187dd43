import APIKit
import CryptoSuite
import Federation
import Foundation
import ModelServing
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// Models over /v1: what is registered, what answers, what was looked at.
@Suite struct ModelEndpointTests {
    private static let now = World.now

    private func ask(_ world: World, _ method: String, _ path: String, _ body: String = "", as caller: Caller? = nil) async throws -> APIReply {
        var sent = request(method, "/v1" + String(path.prefix { $0 != "?" }), body: body)
        for pair in path.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            sent.query.append((name: parts[0], value: parts.count > 1 ? parts[1] : ""))
        }
        let reply = await world.call(world.phi, sent, as: caller)
        if reply.status >= 400 {
            #expect(world.phi.errorShape.problem(with: reply.json, at: "") == nil, "\(reply.json.encodedText)")
        } else if case .json(let shape) = try #require(world.phi.endpoint(method: method, path: sent.path)?.contract?.replies.first).content {
            #expect(shape.problem(with: reply.json, at: "") == nil, "\(reply.json.encodedText)")
        }
        return reply
    }

    /// A safetensors file without a tensor: kept, and computed by nothing here.
    private static let plain: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)

    private func upload(_ world: World, _ bytes: [UInt8], _ name: String) async throws {
        let record = ArtifactRecord(
            tenant: "default", name: "files/" + name, digest: hexadecimal(CryptoSuite.system.sha256(bytes)), bytes: bytes.count, mediaType: "x/y",
            createdAt: Self.now, expiresAt: nil)
        _ = try await world.store.putArtifact(record, content: bytes, replaces: true, bytesMax: 1 << 30, countMax: 99, audit: nil)
    }

    private func register(_ world: World, _ source: String, version: String = "1", more: String = "") async throws -> APIReply {
        try await ask(
            world, "POST", "/models/register",
            #"{"model_name":"m","framework":"SafeTensors","version":"\#(version)","storage_url":"\#(source)"\#(more)}"#)
    }

    @Test func theDocumentsExampleWaitsForItsFileAndSaysSo() async throws {
        let world = try await World()
        let made = try await ask(
            world, "POST", "/models/register",
            #"{"model_name":"quantum_ai_v2","framework":"TensorFlow","version":"2.0.0","storage_url":"s3://rjvtech-ai-models/quantum_ai_v2.tar.gz"}"#)
        let id = try #require(made.json["model_id"]?.text)
        #expect(made.status == 202 && made.json["status"] == "pending" && made.json["sha256"] == .null && made.json["runnable_by"] == [])
        #expect(made.json["blocked_by"]?.elements?.first?["what"] == "object_store")
        let deployed = try await ask(
            world, "POST", "/models/deploy",
            #"{"model_id":"\#(id)","execution_mode":"distributed","resource_allocation":{"cpu":32000,"gpu":8,"tpu":2,"memory":"256TB","nodes":5},"scaling_policy":"auto"}"#
        )
        #expect(deployed.status == 202 && deployed.json["status"] == "pending" && deployed.json["current_replicas"] == 0)
        #expect(deployed.json["blocked_by"]?.elements?.compactMap { $0["what"]?.text } == ["cpu", "gpu", "tpu", "memory", "nodes", "model"])
        #expect(deployed.json["message"]?.text?.hasPrefix("0 of 5 nodes ready: ") == true)
        let deployment = try #require(deployed.json["deployment_id"]?.text)
        let logs = try await ask(world, "GET", "/logs?deployment_id=\(deployment)")
        #expect(logs.json["logs"] == [["timestamp": "2025-09-22T02:00:03.000Z", "event": "Deployment created."]])
        let scaled = try await ask(
            world, "POST", "/models/auto-scale",
            #"{"deployment_id":"\#(deployment)","gpu_min":4,"gpu_max":16,"tpu_enabled":true,"threshold":"85% utilization"}"#)
        #expect(scaled.status == 200 && scaled.json["status"] == "pending" && scaled.json["scaling_mode"] == "adaptive" && scaled.json["gpu_allocated"] == 0)
        #expect(scaled.json["blocked_by"]?.elements?.first?["what"] == "gpu")
        let checked = try await ask(world, "POST", "/security/validate")
        #expect(checked.json["compliance"] == [] && checked.json["status"] == "issues_found", "it has no card")
        #expect(checked.json["target"]?.text == deployment && (checked.json["not_assessed"]?.elements?.count ?? 0) >= 4)
    }

    @Test func whatIsHereIsLookedIntoDeployedAndValidated() async throws {
        let world = try await World()
        try await upload(world, Self.plain, "plain")
        let plain = try await register(world, "upload://plain", more: #","model_card":{"task":"none"},"feature_schema":[{"name":"a","type":"number"}]"#)
        let id = try #require(plain.json["model_id"]?.text)
        #expect(plain.status == 200 && plain.json["status"] == "success" && plain.json["format_detected"] == "safetensors")
        #expect(plain.json["message"] == "Model registered successfully." && plain.json["bytes"] == 10)
        let shown = try await ask(world, "GET", "/models/\(id)")
        #expect(shown.json["status"] == "ready" && shown.json["model_card"] == ["task": "none"] && shown.json["created_by"] == "admin")
        #expect(shown.json["feature_schema"]?.elements?.first?["name"] == "a")
        // Nothing here computes it: that is said, and nobody is told that it was deployed.
        let waiting = try await ask(world, "POST", "/models/deploy", #"{"model_id":"\#(id)"}"#)
        #expect(waiting.status == 202 && waiting.json["blocked_by"]?.elements?.first?["what"] == "runtime" && world.loading.loaded.isEmpty)
        let valid = try await ask(world, "POST", "/security/validate", #"{"model_id":"\#(id)"}"#)
        #expect(valid.json["status"] == "secure" && valid.json["risk_score"] == 0.0 && valid.json["target"]?.text == id)
        #expect(valid.json["checks"]?.elements?.compactMap { $0["name"]?.text } == ["checksum", "safetensors_header", "model_card"])
        // A deployment needs it: it is archived. In another tenant it is not there.
        let other = world.principal("other", [.models, .monitoring, .securityAudit])
        for (method, path, body) in [
            ("GET", "/models/\(id)", ""), ("DELETE", "/models/\(id)", ""), ("POST", "/models/deploy", #"{"model_id":"\#(id)"}"#),
            ("POST", "/security/validate", #"{"model_id":"\#(id)"}"#), ("GET", "/logs?deployment_id=x", ""),
            ("POST", "/models/auto-scale", #"{"deployment_id":"x"}"#), ("DELETE", "/models/deployments/x", ""),
        ] { #expect(try await ask(world, method, path, body, as: other).status == 404, "\(method) \(path)") }
        #expect(try await ask(world, "DELETE", "/models/\(id)").json["status"] == "archived")
        #expect(try await ask(world, "POST", "/models/deploy", #"{"model_id":"\#(id)"}"#).status == 409)
        // Stopped, and again.
        let deployment = try #require(waiting.json["deployment_id"]?.text)
        let stopped = try await ask(world, "DELETE", "/models/deployments/\(deployment)")
        #expect(stopped.status == 200 && stopped.json["status"] == "stopped" && stopped.json["changed"] == true && stopped.json["model_id"]?.text == id)
        #expect(try await ask(world, "DELETE", "/models/deployments/\(deployment)").json["changed"] == false)
        #expect(try await ask(world, "DELETE", "/models/deployments/\(deployment)", as: other).status == 404)
        // It answers never again: no promise that it might.
        for path in ["/inference/run", "/models/profile"] {
            let asked = try await ask(world, "POST", path, #"{"deployment_id":"\#(deployment)","input":{"type":"tensor","data":[1]}}"#)
            let isSaid = asked.json["message"]?.text?.contains("was stopped; deploy its model again") == true
            #expect(asked.status == 409 && isSaid, "\(path): \(asked.json.encodedText)")
        }
    }

    @Test func aFileThatIsNotTakenIsFailedAndSaysWhy() async throws {
        let world = try await World()
        try await upload(world, [0x80, 2] + Array("cos\nsystem\n".utf8) + [0x29, 0x52, 0x2E], "evil")
        let made = try await register(world, "upload://evil")
        let id = try #require(made.json["model_id"]?.text)
        #expect(made.status == 202 && made.json["status"] == "failed" && made.json["message"]?.text?.contains("os.system") == true)
        let found = try await ask(world, "POST", "/security/validate", #"{"model_id":"\#(id)"}"#)
        #expect(found.json["status"] == "issues_found" && (found.json["risk_score"]?.double ?? 0) > 0.5)
        #expect(try await ask(world, "DELETE", "/models/\(id)").json["status"] == "deleted")
        #expect(try await ask(world, "GET", "/models/\(id)").status == 404)
    }

    @Test func fieldsAreHeldToTheirBounds() async throws {
        let world = try await World()
        let whole = ["model_name": JSON.string("m"), "framework": "ONNX", "version": "1", "storage_url": "upload://x"] as [String: JSON]
        for (field, value) in [
            ("model_name", JSON.null), ("model_name", ""), ("framework", "x"), ("version", 5), ("storage_url", "ftp://x"), ("sha256", "00"), ("model_card", 5),
            ("feature_schema", [5]), ("signature", "AAAA"), ("public_key", "x"),
        ] {
            var body = whole
            body[field] = value
            let reply = try await ask(
                world, "POST", "/models/register", JSON.object(body.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }).encodedText)
            let named = reply.json["details"]?["field"]?.text ?? ""
            #expect(
                reply.status == 400
                    && (named.hasPrefix(field) || field == "signature" && named == "public_key" || field == "public_key" && named == "signature"),
                "\(field): \(named)")
        }
        for (body, field) in [
            (#"{}"#, "deployment_id"), (#"{"deployment_id":"d","gpu_min":2,"gpu_max":1}"#, "gpu_max"),
            (#"{"deployment_id":"d","threshold":"101%"}"#, "threshold"),
            (#"{"deployment_id":"d","threshold":"85 apples"}"#, "threshold"), (#"{"deployment_id":"d","replicas_min":3,"replicas_max":2}"#, "replicas_max"),
        ] {
            #expect(try await ask(world, "POST", "/models/auto-scale", body).json["details"]?["field"]?.text == field, "\(body)")
        }
        for (body, field) in [
            (#"{"model_id":"m","resource_allocation":{"memory":"lots"}}"#, "resource_allocation.memory"),
            (#"{"model_id":"m","execution_mode":"x"}"#, "execution_mode"),
            (#"{"model_id":"m","resource_allocation":{"nodes":0}}"#, "resource_allocation.nodes"),
        ] {
            #expect(try await ask(world, "POST", "/models/deploy", body).json["details"]?["field"]?.text == field, "\(body)")
        }
        #expect(try await ask(world, "GET", "/logs").json["details"]?["field"] == "deployment_id")
        #expect(try await ask(world, "GET", "/logs?deployment_id=d&limit=0").json["details"]?["field"] == "limit")
        #expect(AskedResources.bytes("256GB") == 256_000_000_000 && AskedResources.bytes("1.5 GiB") == 1_610_612_736 && AskedResources.bytes("1e400GB") == nil)
    }
}
