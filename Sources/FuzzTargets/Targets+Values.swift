internal import APIKit
internal import Federation
internal import FederationService
internal import Foundation
internal import StrictJSON
internal import Trust
internal import TrustStreamAPI
internal import TuttiConfiguration

extension FuzzTarget {
    static let values = [json, token, settings, bodies]

    private static let jsonWords = [
        "{", "}", "[", "]", ":", ",", "\"", "\\u00", "\\ud834\\udd1e", "true", "false", "null", "-0", "1e308", "1e-320", "9223372036854775807", "0.1",
    ]

    static let json = FuzzTarget(
        "json", feeds: "the strict JSON parser", maximumBytes: 4096, share: 0.25, words: jsonWords,
        seeds: {
            [
                Seed("object", #"{"a":[1,-2.5,1e10,true,false,null],"b":{"c":"\u00e9\ud834\udd1e\n"},"":""}"#),
                Seed("deep", String(repeating: "[", count: 64) + String(repeating: "]", count: 64)),
                Seed("many-members", "{" + (0..<40).map { "\"n\($0)\":\($0)" }.joined(separator: ",") + "}"),
                Seed("numbers", "[0,-0,9223372036854775807,-9223372036854775808,9223372036854775808,1e-320,0.1,-1.5E+3]"),
            ]
        },
        check: { bytes in
            let value: JSON
            do throws(JSONError) { value = try JSON(parsing: bytes) } catch { return try expectShort(error, atMost: 400) }
            try expect(size(of: value) <= bytes.count, "more values than bytes")
            let encoded = value.encoded()
            let again: JSON
            do { again = try JSON(parsing: encoded) } catch { throw FuzzFailure("what was written is not read: \(error)") }
            try expect(again == value, "it is read back as another value")
            try expect(again.encoded() == encoded, "it is written in two ways")
        })

    /// Values in a value, itself among them.
    private static func size(of value: JSON) -> Int {
        switch value {
        case .null, .bool, .integer, .number, .string: 1
        case .array(let elements): elements.reduce(1) { $0 + size(of: $1) }
        case .object(let members): members.reduce(1) { $0 + size(of: $1.value) }
        }
    }

    static let token = FuzzTarget(
        "token", feeds: "tokens, API keys, Authorization headers, pins, host names", maximumBytes: 512,
        words: ["te_", "reg-", "tu_", "tk_live_", "sha256:", "Bearer ", "::1", "[", "]", ".", "xn--", "127.0.0.1"],
        seeds: {
            let random = RandomSource { [UInt8](repeating: 7, count: $0) }
            return [
                Seed("api-key", APIKey(random).text), Seed("enrolment", Token(.enrolment, random).text),
                Seed("bearer", "Bearer " + Token(.update, random).text),
                Seed("pin", "sha256:" + String(repeating: "0a", count: 32)), Seed("name", "fed.example.org."), Seed("v6", "[2001:db8::7]"),
                Seed("v4", "192.0.2.7"),
            ]
        },
        check: { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            try expect(Token.matches(text, hash: Token.hash(text)) == (bytes.count <= Limits.tokenBytesMax), "a token does not match its own hash")
            try expect(!Token.matches(text, hash: Token.hash(text + "x")), "a token matches another's hash")
            if let id = APIKey.id(of: text) { try expect(id.utf8.count == 12 && text.contains(id), "a key's id is not in it") }
            do {
                let pin = try AuthorityPin(text)
                try expect(try AuthorityPin(pin.description) == pin, "a pin is read back as another")
            } catch let error as TrustError { try expectShort(error) }
            do {
                let name = try HostName(text)
                try expect(try HostName(name.urlForm) == name, "a host name is read back as another")
            } catch let error as TrustError { try expectShort(error) }
            try bearers(text)
        })

    private static func bearers(_ text: String) throws {
        var request = Bare.request
        request.headers = [("authorization", "Bearer " + text), ("x-api-key", text + "x")]
        do {
            _ = try bearer(of: request)
            throw FuzzFailure("two credentials are taken for one")
        } catch is ServiceError {}
        request.headers = [("authorization", text)]
        do { if let token = try bearer(of: request) { try expect(!token.isEmpty, "an empty bearer") } } catch is ServiceError {}
    }

    static let settings = FuzzTarget(
        "toml", feeds: "the settings of coordinator and client, the file of pinned keys, and the file of prices", maximumBytes: 4096,
        words: [
            "[server]", "[prices]", "[rates]", "[cloud]", "[tokens]", "currency = \"EUR\"", "cpu_hour = \"", "[policy]", "[keys]", "listen = ", "names = [",
            "\"\"\"", "'''", "[[", "1979-05-27T07:32:00Z", "0x", "inf", "{", "}", "\\U0010ffff",
        ],
        seeds: {
            [
                Seed("coordinator", "\u{0}" + CoordinatorSettings.template(listen: "127.0.0.1:8443", names: ["localhost"])),
                Seed("client", "\u{1}" + ClientSettings.template),
                Seed(
                    "client-filled",
                    "\u{1}[policy]\nmin_cohort = 3\nmax_epsilon = \"2\"\nsessions = [\"a\", \"b\"]\n[data]\nlabel = \"y\"\n[log]\nlevel = \"info\"\n"),
                Seed("keys", "\u{2}[keys]\n\"bob\" = \"ed25519:00\"\nalice = \"x\"\n"),
                Seed(
                    "prices",
                    "\u{3}[prices]\ncurrency = \"EUR\"\n[rates]\ncpu_hour = \"0.04\"\n[rates_premium]\ncpu_hour = \"1\"\n[tokens]\n\"lm\" = \"0.002\"\n"
                        + "[cloud]\n\"aws/us-east-1/cpu_hour\" = \"0.04\"\n[setup]\ntenant = \"0.00\"\n"),
            ]
        },
        check: { bytes in
            var input = Input(bytes)
            let kind = input.byte() % 4
            guard let text = String(validating: input.rest, as: UTF8.self) else { return }
            do {
                switch kind {
                case 0:
                    let read = try CoordinatorSettings(toml: text, file: "f.toml", environment: [:], flags: [:])
                    try expect((0...65_535).contains(read.listen.port) && read.threads > 0, "settings beyond their bounds")
                case 1:
                    let read = try ClientSettings(toml: text, file: "f.toml", environment: [:], flags: [:])
                    try expect(read.smallestCohort > 0 && read.threads > 0, "settings beyond their bounds")
                case 2:
                    let entries = try PinnedKeyFile.entries(toml: text, file: "f.toml")
                    try expect(entries.count <= text.utf8.count, "more keys than bytes")
                default:
                    let names = PriceFile.Names(rates: ["cpu_hour", "gb_hour"], tiers: ["premium"], setup: ["tenant"])
                    let read = try PriceFile(toml: text, file: "f.toml", names: names)
                    try expect(read.entries.isEmpty || read.currency != nil, "amounts of no currency")
                    try expect(Set(read.entries.map(\.item)).count == read.entries.count, "a price twice")
                    for entry in read.entries { try expect(!entry.amount.isNaN && entry.amount >= 0, "an amount below nothing") }
                }
            } catch let error as ConfigurationError {
                try expectShort(error)
                try expect(!error.remedy.isEmpty, "an error without a remedy")
            }
        })

    static let bodies = FuzzTarget(
        "json-bodies", feeds: "the bodies of requests: a session, a client that joins, tokens", maximumBytes: 4096, words: jsonWords + bodyWords,
        seeds: {
            [
                Seed(
                    "session",
                    "\u{0}"
                        + #"{"model_type":"neural_network","algorithm":"fedavg","min_clients":3,"rounds":5,"learning_rate":0.1,"model":{"kind":"mlp","layers":[4,8,3]},"quorum":3}"#
                ),
                Seed(
                    "private",
                    "\u{0}"
                        + #"{"differential_privacy":{"enabled":true,"noise_multiplier":1.1,"l2_norm_clip":1.0},"privacy_budget":1.0,"min_clients":10,"secure_aggregation":{"mode":"honest_but_curious","group_floor":4}}"#
                ),
                Seed(
                    "rules",
                    "\u{0}"
                        + #"{"byzantine_robust":true,"byzantine_tolerance":1,"min_clients":7,"early_stopping":{"patience":3},"learning_rate_schedule":{"kind":"cosine","to":0.1},"optimizer":{"kind":"adam","beta1":0.9}}"#
                ),
                Seed(
                    "cnn",
                    "\u{0}"
                        + #"{"model":{"kind":"cnn","layers":[784,10],"image":[1,28,28],"convolutions":[{"channels":8,"kernel":3,"pool":2}]},"initial_model":{"upload":true}}"#
                ),
                Seed(
                    "join",
                    "\u{1}"
                        + #"{"client_id":"c-1","registration_token":"reg-x","data_size":100,"data_schema":{"inputs":2,"outputs":2,"scale":{"kind":"standardize","means":[0,1],"deviations":[1,2]},"labels":["a","b"]},"privacy_preferences":{"max_privacy_budget":1}}"#
                ),
                Seed("tokens", "\u{2}" + #"{"names":["a","b"],"lifetime_seconds":3600}"#), Seed("count", "\u{2}" + #"{"prefix":"node","count":12}"#),
            ]
        },
        check: { bytes in
            var input = Input(bytes)
            let kind = input.byte() % 3
            guard let value = try? JSON(parsing: input.bytes), value.members != nil else { return }
            do {
                let notices: [JSON]
                switch kind {
                case 0:
                    let asked = try SessionRequest(value)
                    do { try asked.spec.validate() } catch { throw FuzzFailure("a session that does not hold: \(error)") }
                    notices = asked.notices
                case 1: notices = try JoinBody(value, nil).notices
                default:
                    let asked = try TokensBody(value)
                    try expect((1...10_000).contains(asked.names.count) && asked.names.allSatisfy { isName($0) }, "names that are none")
                    notices = asked.notices
                }
                try expect(JSON.array(notices).encoded().count <= 64 << 10, "notices without end")
            } catch let error as ServiceError {
                try expectEnvelope(error)
            }
        })

    private static let bodyWords = [
        "\"min_clients\":", "\"model\":", "\"kind\":", "\"layers\":", "\"scale\":", "\"labels\":", "\"names\":", "\"secure_aggregation\":",
        "\"differential_privacy\":",
        "\"enabled\":true", "\"client_id\":\"a\"", "\"rounds\":", "\"epsilon\":", "\"privacy_budget\":", "\"aggregation\":\"krum\"",
        "\"algorithm\":\"scaffold\"",
    ]

    /// An error becomes a reply of bounded length that is JSON.
    private static func expectEnvelope(_ error: ServiceError) throws {
        guard case .json(let body) = TrustStream.envelope(error, Bare.request).body else { throw FuzzFailure("an envelope that is no JSON") }
        let encoded = body.encoded()
        try expect(encoded.count <= 16 << 10, "the envelope has \(encoded.count) bytes")
        try expect((try? JSON(parsing: encoded)) == body, "the envelope is not read back")
    }

    /// A request with nothing in it.
    private enum Bare {
        static let request = APIRequest(
            method: "POST", path: "/", body: RequestBody([]), requestID: "req", nowMilliseconds: 0, baseURL: "https://h:1", socketBaseURL: "wss://h:1")
    }
}
