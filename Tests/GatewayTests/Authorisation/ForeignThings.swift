import CoordinatorNode
import Federation
import Foundation
import NIOHTTP1
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// What a tenant has, and what must not be in any reply to somebody else.
struct ForeignThings: Sendable {
    let tenant: String
    /// By the name of the path's parameter.
    private(set) var ids: [String: String]
    private(set) var names: [String]

    /// Makes one of each, as the administrator in the tenant's name.
    static func make(_ live: LiveCoordinator) async throws -> ForeignThings {
        let created = try await live.admin(.POST, "/api/v1/tenants", ["name": "Alpha Mills", "domain": "alpha-mills.example", "performance_tier": "quantum"])
        let tenant = try #require(created.json["tenant_id"]?.text)
        var things = ForeignThings(tenant: tenant, ids: ["tenant_id": tenant], names: ["Alpha Mills", "alpha-mills.example"])
        let job: JSON = [
            "name": "alpha-inspection", "type": "batch_processing", "service": "vision", "parameters": ["input_source": "s3://alpha-bucket/"],
        ]
        try await things.add(live, "job_id", "/api/v2/jobs", job, names: ["alpha-inspection", "alpha-bucket"])
        try await things.add(
            live, "webhook_id", "/api/v1/webhooks/configure", ["url": "https://alpha-mills.example/hook", "events": ["job.cancelled"]], names: [])
        let model: JSON = ["model_name": "alpha-eyes", "framework": "other", "version": "1", "storage_url": "s3://alpha-bucket/eyes"]
        try await things.add(live, "model_id", "/v1/models/register", model, names: ["alpha-eyes"])
        try await things.put(live, "alpha-nose")
        try await things.add(live, "deployment_id", "/v1/models/deploy", ["model_id": JSON(things.ids["model_id"])], names: [])
        try await things.add(live, "allocation_id", "/api/v1/quantum/allocate", ["qubits": 1], names: [])
        try await things.add(live, "user_id", "/api/v4/identity/users", ["name": "alpha-smith", "password": "a long password"], names: ["alpha-smith"])
        try await things.add(live, "client_id", "/api/v4/identity/oauth-clients", ["name": "alpha-edge"], names: ["alpha-edge"], as: "oauth_client_id")
        try await things.add(live, "key_id", "/api/v4/identity/keys", ["name": "alpha-ring"], names: ["alpha-ring"])
        try await things.add(
            live, "key_id", "/api/v4/quantum-encryption/keys/generate", ["algorithm": "ml_dsa_65", "metadata": ["application": "alpha-seals"]],
            names: ["alpha-seals"], as: "vault_key_id")
        try await things.exchange(live)
        let session: JSON = ["min_clients": 1, "rounds": 1, "model": ["kind": "softmax_regression", "layers": [3, 2]]]
        try await things.add(live, "session_id", LiveCoordinator.sessions, session, names: [])
        try await things.enrol(live, "alpha-node")
        return things
    }

    private mutating func add(_ live: LiveCoordinator, _ member: String, _ path: String, _ body: JSON, names: [String], as parameter: String? = nil)
        async throws
    {
        let reply = try await live.call(.POST, path, body.encoded(), bearer: live.key, headers: [("x-tenant-id", tenant)])
        ids[parameter ?? member] = try #require(reply.json[member]?.text, "\(path): \(reply.json.encodedText)")
        self.names += names
    }

    /// A model that is ready to be loaded.
    private mutating func put(_ live: LiveCoordinator, _ name: String) async throws {
        let header = #"{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        let file = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { [UInt8]($0) } + Array(header.utf8) + [0, 0, 128, 63]
        let tenant = ("x-tenant-id", tenant)
        let put = try await live.call(.PUT, "/v1/files/" + name, file, type: "application/octet-stream", bearer: live.key, headers: [tenant])
        try #require([200, 201].contains(put.status), "\(put.json.encodedText)")
        let model: JSON = ["model_name": .string(name), "framework": "other", "version": "1", "storage_url": .string("upload://" + name)]
        try await add(live, "model_id", "/v1/models/register", model, names: [name], as: "model_name")
        let id = ids["model_name"] ?? ""
        for _ in 0..<600 {
            let status = try await live.call(.GET, "/v1/models/" + id, nil, bearer: live.key, headers: [tenant]).json["status"]
            if status == "ready" { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw TestFailure("the model did not become ready")
    }

    /// A secret for two, and a party with a key of the vault's.
    private mutating func exchange(_ live: LiveCoordinator) async throws {
        let vault = "/api/v4/quantum-encryption"
        func call(_ path: String, _ body: JSON) async throws -> JSON {
            try await live.call(.POST, vault + path, body.encoded(), bearer: live.key, headers: [("x-tenant-id", tenant)]).json
        }
        let receiving = try await call("/keys/generate", ["algorithm": "ml_kem_768", "key_usage": "key_exchange"])
        let exchange: JSON = ["initiator_id": "alpha-initiator", "public_key": receiving["public_key"] ?? .null]
        try await add(live, "session_id", vault + "/key-exchange", exchange, names: ["alpha-initiator"], as: "exchange_id")
        let signing = try await call("/keys/generate", ["algorithm": "ml_dsa_65"])
        let fingerprint = try #require(signing["key_fingerprint"]?.text?.dropFirst(7))
        let parts = [Array(tenant.utf8), Array("alpha-party".utf8), Array(try #require(Data(base64Encoded: String(fingerprint))))]
        let transcript = parts.reduce(Array("tutti exchange party 1".utf8)) { $0 + [UInt8($1.count >> 8), UInt8($1.count & 255)] + $1 }
        let signed = try await call(
            "/keys/\(signing["key_id"]?.text ?? "")/sign", ["data_base64": .string(Data(transcript).base64EncodedString()), "context": "registration"])
        let party: JSON = ["party_id": "alpha-party", "public_key": signing["public_key"] ?? .null, "proof": signed["signature"] ?? .null]
        try await add(live, "party_id", vault + "/parties", party, names: [])
    }

    private mutating func enrol(_ live: LiveCoordinator, _ name: String) async throws {
        let tokens = try await live.call(
            .POST, "/api/v4/nodes/tokens", JSON.object([.init("names", [.string(name)])]).encoded(), bearer: live.key, headers: [("x-tenant-id", tenant)])
        let token = try #require(tokens.json["tokens"]?.elements?.first?["token"]?.text)
        let body: JSON = ["token": .string(token), "csr": .string(try NodeKey().certificateRequestPEM(commonName: name))]
        let reply = try await live.call(.POST, "/api/v4/nodes/enrol", body.encoded())
        try #require(reply.status == 201, "\(reply.json.encodedText)")
        ids["client_id"] = name
        names.append(name)
    }

    /// Ids of the same form that nobody has.
    var unknown: [String: String] { ids.mapValues { String($0.dropLast(6)) + "000000" } }
    var secrets: [String] { names + ids.values.sorted() }
}

/// Credentials that were good three days ago.
struct ExpiredCredentials: Sendable {
    let key: String
    let token: String

    /// Makes them in a folder that nobody serves.
    init(_ folder: CoordinatorFolder) async throws {
        let then = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)).adding(seconds: -3 * 86_400)
        let store = try SQLiteStore(folder: folder.path, suite: .system)
        let identity = Identity(store: store, tokens: try TokenIssuer(file: folder.signingKeysPath, random: .system, now: then))
        let administrator = Principal.platform(id: "admin")
        let scopes = Set(Scope.allCases)
        key = try await identity.createKey(KeyRequest(name: "old", scopes: scopes, lifetimeSeconds: 60), by: administrator, now: then).key.text
        _ = try await identity.createUser(name: "old", password: "a long password", scopes: scopes, by: administrator, now: then)
        guard case .granted(let access, _) = try await identity.login(name: "old", password: "a long password", address: "192.0.2.1", now: then) else {
            throw TestFailure("no token was given")
        }
        token = access.text
        await store.close()
    }
}
