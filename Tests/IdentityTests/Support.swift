import CryptoSuite
import Federation
import Platform
import Storage
import Testing
import Trust

let begin = Instant(milliseconds: 1_790_000_000_000)
let root = Principal.platform(id: "root")
let address = "192.0.2.7"
let password = "correct horse battery"

extension Instant {
    static func + (a: Instant, seconds: Int) -> Instant { a.adding(seconds: Double(seconds)) }
}

/// Bytes that repeat with their seed.
func seededRandom(_ seed: UInt64) -> RandomSource {
    let counter = Counter(seed)
    return RandomSource { count in
        var out: [UInt8] = []
        while out.count < count {
            var block: [UInt8] = []
            withUnsafeBytes(of: counter.next().littleEndian) { block += $0 }
            out += CryptoSuite.system.sha256(block)
        }
        return Array(out.prefix(count))
    }
}

final class Counter: @unchecked Sendable {
    private var value: UInt64
    init(_ seed: UInt64) { value = seed &* 1_000_003 }
    func next() -> UInt64 {
        value &+= 1
        return value
    }
}

/// The same numbers for the same seed (SplitMix64).
struct Chance: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
}

/// A service over a store in memory, with passwords that cost little.
struct World {
    let store = MemoryStore(suite: .system)
    let identity: Identity

    init(crossFamily: Set<APIFamily> = []) {
        let tokens = TokenIssuer(keys: SigningKeys(.system, now: begin), random: .system)
        identity = Identity(store: store, tokens: tokens, passwordCost: ScryptCost(rounds: 16, blockSize: 8, parallelism: 1), crossFamily: crossFamily)
    }

    func actions(_ tenant: String = Identity.defaultTenant) async throws -> [AuditRecord.Action] {
        try await store.audit(tenant: tenant, after: 0, limit: 1000).map(\.entry.action)
    }

    func principal(_ bearer: String, _ audience: APIFamily, _ now: Instant = begin) async throws -> Principal? {
        guard case .principal(let principal) = try await identity.authenticate(bearer: bearer, now: now, audience: audience) else { return nil }
        return principal
    }

    /// - Returns: the user's id, access and refresh token.
    func loggedIn(_ name: String = "ann", _ now: Instant = begin) async throws -> (user: String, access: String, refresh: String) {
        let user = try await identity.createUser(name: name, password: password, by: root, now: now)
        let pair = try #require(try await login(name, now))
        return (user.id, pair.access, pair.refresh)
    }

    func login(_ name: String = "ann", _ now: Instant = begin, _ with: String = password) async throws -> (access: String, refresh: String)? {
        guard case .granted(let access, let refresh) = try await identity.login(name: name, password: with, address: address, now: now) else { return nil }
        return (access.text, refresh.text)
    }
}

/// The sort of an error.
func sort(_ work: () async throws(IdentityError) -> Void) async -> String {
    do throws(IdentityError) { try await work() } catch {
        return switch error {
        case .invalid(let field, _): "invalid \(field)"
        case .forbidden: "forbidden"
        case .notFound: "not found"
        case .conflict: "conflict"
        case .busy: "busy"
        case .storage: "storage"
        case .internalError: "internal"
        }
    }
    return "done"
}
