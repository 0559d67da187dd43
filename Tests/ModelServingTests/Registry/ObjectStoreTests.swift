import ModelServing
import Platform
import Storage
import StrictJSON
import Testing

/// Where `s3://` leads to, and as whom.
@Suite struct ObjectStoreTests {
    private static let file: JSON = [
        "stores": [
            [
                "name": "main", "buckets": ["models"], "endpoint": "https://s3.example.com", "region": "us-east-1", "access_key_id": "ID",
                "secret_access_key": "hidden",
            ],
            [
                "name": "own", "buckets": ["own"], "tenants": ["t"], "endpoint": "https://minio.example.com:9000", "region": "r", "style": "path",
                "access_key_id": "ID", "secret_access_key": "hidden", "session_token": "token",
            ],
        ]
    ]

    @Test func aBucketIsAskedWhereItIsNamed() throws {
        let stores = try ObjectStores(Self.file)
        #expect(stores.entry(bucket: "models", tenant: "x")?.name == "main" && stores.entry(bucket: "none", tenant: "t") == nil)
        #expect(stores.entry(bucket: "own", tenant: "t")?.name == "own" && stores.entry(bucket: "own", tenant: "x") == nil)
        let main = try #require(stores.entry(bucket: "models", tenant: "x"))
        let virtual = try #require(ObjectStores.request(main, bucket: "models", key: "a b/c+d", at: 1_369_353_600))
        #expect(virtual.url.hostText == "models.s3.example.com")
        let signed = virtual.headers.first { $0.name == "authorization" }?.value ?? ""
        // The same, put together by hand.
        let headers = [
            (name: "x-amz-content-sha256", value: RequestSignature.emptyBody), (name: "x-amz-date", value: "20130524T000000Z"),
            (name: "host", value: "models.s3.example.com"),
        ]
        #expect(
            signed == RequestSignature.authorization("GET", path: "/a%20b/c%2Bd", headers: headers, stamp: "20130524T000000Z", main.credentials))
        let own = try #require(stores.entry(bucket: "own", tenant: "t"))
        let path = try #require(ObjectStores.request(own, bucket: "own", key: "k", at: 0))
        #expect(path.url.hostText == "minio.example.com" && path.headers.contains { $0.name == "x-amz-security-token" && $0.value == "token" })
        #expect(ObjectStores.request(own, bucket: "a/../b", key: "k", at: 0) == nil && ObjectStores.request(own, bucket: "evil@x", key: "k", at: 0) == nil)
        #expect(!"\(own)".contains("hidden"))
    }

    /// Who asked wrongly is told what to look at, and is not shown what he asks as.
    @Test func aStoreThatRefusesIsUnderstood() throws {
        let entry = try #require(try ObjectStores(Self.file).entry(bucket: "own", tenant: "t"))
        func said(_ status: Int) -> String { ObjectStores.refusal(status, entry, bucket: "own") ?? "later" }
        for status in [400, 401, 403] {
            #expect(said(status).contains("'own'") && said(status).contains("(\(status)); check its access_key_id, secret_access_key"))
        }
        #expect(said(404).contains("no such key in the bucket 'own'") && said(301).contains("check its endpoint and region") && said(418).contains("418"))
        for status in [429, 500, 503, 599] { #expect(said(status) == "later") }
        for status in 201..<600 { #expect(!said(status).contains("hidden") && !said(status).contains("token")) }
    }

    @Test func aFileThatIsWrongSaysWhere() {
        for (json, field) in [
            (["stores": 5], "stores"), (["stores": [["buckets": ["b"]]]], "stores[0].endpoint"),
            (["stores": [["buckets": ["b"], "endpoint": "ftp://x"]]], "stores[0].endpoint"),
            (["stores": [["endpoint": "https://x", "style": "both"]]], "stores[0].style"),
        ] as [(JSON, String)] {
            do {
                _ = try ObjectStores(json)
                Issue.record("\(field) is taken")
            } catch RegistryFailure.invalid(let found, _) { #expect(found == field) } catch { Issue.record("\(error)") }
        }
    }

    @Test func aModelWaitsForItsStore() async throws {
        let world = RegistryWorld()
        let waiting = try await world.register("s3://models/m.safetensors")
        #expect(waiting.waits && waiting.reason?.contains("models.object_stores") == true)
    }
    @Test func aRestartAsksAgainForWhatHasItsStoreByThen() async throws {
        let before = RegistryWorld()
        let named = try await before.register("s3://models/m.safetensors")
        let other = try await before.register("s3://elsewhere/m.safetensors", name: "other")
        // Nothing changes as long as nothing here can fetch it.
        try await before.registry.awaken()
        #expect(try await before.store.waitingModels(after: ("", ""), limit: 9).count == 2)
        let after = RegistryWorld(objects: try ObjectStores(Self.file), over: before.store)
        try await after.registry.awaken()
        let awake = try await after.registry.find(named.id, tenant: "t")
        #expect(!awake.waits && awake.status == .pending && awake.reason == nil)
        #expect(try await after.store.pendingModels(limit: 9).map(\.id) == [named.id])
        #expect(try await after.store.waitingModels(after: ("", ""), limit: 9).map(\.id) == [other.id])
    }

    @Test(arguments: [
        ("https://s3.example.com:443", "s3.example.com"), ("https://S3.Example.com", "s3.example.com"), ("https://s3.example.com:9000", "s3.example.com:9000"),
        ("http://s3.example.com:80", "s3.example.com"),
    ])
    func theHostThatIsSignedIsTheOneThatIsSent(_ endpoint: String, _ host: String) throws {
        let stores = try ObjectStores([
            "stores": [
                [
                    "name": "s", "buckets": ["b"], "endpoint": .string(endpoint), "region": "r", "style": "path", "access_key_id": "ID",
                    "secret_access_key": "hidden",
                ]
            ]
        ])
        let store = try #require(stores.list.first)
        let request = try #require(ObjectStores.request(store, bucket: "b", key: "k", at: 1_369_353_600))
        #expect(request.url.authority == host)
        let headers = [
            (name: "x-amz-content-sha256", value: RequestSignature.emptyBody), (name: "x-amz-date", value: "20130524T000000Z"), (name: "host", value: host),
        ]
        #expect(
            request.headers.first { $0.name == "authorization" }?.value
                == RequestSignature.authorization("GET", path: "/b/k", headers: headers, stamp: "20130524T000000Z", store.credentials))
    }
}
