import CryptoSuite
import Federation
import Platform
import Storage
import Testing
import Trust

@Suite struct PasswordTests {
    /// RFC 7914 §12: the second and the third vector. (The first has an empty password, which nobody has; the fourth takes 1 GiB.)
    @Test func scryptIsThatOfTheRFC() throws {
        let vectors: [(password: String, salt: String, cost: ScryptCost, hash: String)] = [
            (
                "password", "NaCl", ScryptCost(rounds: 1024, blockSize: 8, parallelism: 16),
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                    + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
            ),
            (
                "pleaseletmein", "SodiumChloride", ScryptCost(rounds: 16384, blockSize: 8, parallelism: 1),
                "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                    + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
            ),
        ]
        for vector in vectors {
            let found = try #require(scrypt(Array(vector.password.utf8), salt: Array(vector.salt.utf8), vector.cost, count: 64))
            #expect(hexadecimal(found) == vector.hash)
        }
    }

    @Test func parametersThatScryptDoesNotTakeAreRefused() {
        let good = ScryptCost(rounds: 16, blockSize: 8, parallelism: 1)
        #expect(scrypt([1], salt: [1], good, count: 32)?.count == 32)
        #expect(scrypt([], salt: [1], good, count: 32) == nil && scrypt([1], salt: [], good, count: 32) == nil)
        for (n, r, p) in [(0, 8, 1), (1, 8, 1), (15, 8, 1), (-16, 8, 1), (1 << 40, 8, 1), (16, 0, 1), (16, 1 << 30, 1), (16, 8, 0), (16, 8, -1), (.min, 8, 1)] {
            #expect(scrypt([1], salt: [1], ScryptCost(rounds: n, blockSize: r, parallelism: p), count: 32) == nil)
        }
        #expect(ScryptCost.standard == ScryptCost(rounds: 131_072, blockSize: 8, parallelism: 1))
    }

    @Test func eachUserHasASaltAndTheParametersStayWithTheHash() async throws {
        let world = World()
        for name in ["ann", "bob"] { _ = try await world.identity.createUser(name: name, password: password, by: root, now: begin) }
        let ann = try #require(try await world.store.user(name: "ann")).password
        let bob = try #require(try await world.store.user(name: "bob")).password
        #expect(ann.salt.count == 16 && ann.hash.count == 32 && ann.salt != bob.salt && ann.hash != bob.hash)
        #expect(ann.rounds == 16 && ann.blockSize == 8 && ann.parallelism == 1)
        // A service that hashes otherwise by now takes the old password as it was hashed.
        let dearer = Identity(
            store: world.store, tokens: TokenIssuer(keys: SigningKeys(.system, now: begin), random: .system),
            passwordCost: ScryptCost(rounds: 64, blockSize: 4, parallelism: 2))
        guard case .granted = try await dearer.login(name: "ann", password: password, address: address, now: begin) else {
            Issue.record("refused")
            return
        }
    }

    /// What keyboards write in two ways is one password (RFC 8265).
    @Test func oneTextIsOnePassword() async throws {
        let world = World()
        _ = try await world.identity.createUser(name: "ann", password: "pa\u{DF}w\u{F6}rter sind lang", by: root, now: begin)
        #expect(try await world.login("ann", begin, "pa\u{DF}wo\u{308}rter sind lang") != nil)
        #expect(try await world.login("ann", begin, "pa\u{DF}worter sind lang") == nil)
        #expect(try await world.login("ann", begin, "PA\u{DF}W\u{D6}RTER SIND LANG") == nil)
    }

    /// More than may wait are told to come again, and nothing is left behind by them.
    @Test func tooManyAtOnceAreTurnedAway() async throws {
        let store = MemoryStore(suite: .system)
        let identity = Identity(
            store: store, tokens: TokenIssuer(keys: SigningKeys(.system, now: begin), random: .system),
            passwordCost: ScryptCost(rounds: 1 << 13, blockSize: 8, parallelism: 1))
        let endings = await withTaskGroup(of: String.self) { group in
            for index in 0..<200 {
                group.addTask {
                    await sort { () throws(IdentityError) in
                        _ = try await identity.login(name: "n\(index)", password: password, address: address, now: begin)
                    }
                }
            }
            return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect((endings["done"] ?? 0) >= 32 && (endings["done"] ?? 0) + (endings["busy"] ?? 0) == 200, "\(endings)")
        #expect(await sort { () throws(IdentityError) in _ = try await identity.login(name: "x", password: password, address: address, now: begin) } == "done")
    }
}
