import Attacks
import Foundation
import Learning
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Against ByzFL, SciPy and the papers' searches in NumPy (`Tests/Golden/make_robust_vectors.py`).
@Suite struct AttackGoldenTests {
    struct Vectors: Decodable { var cases: [Case] }
    struct Case: Decodable {
        var honest: [[Float]]
        var clients, liars: Int
        var z, given_z: Double
        var alie, inner_product, mimic: [Double]
        var min_max, min_sum: [String: [Double]]
    }

    private func golden<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
        try JSONDecoder().decode(type, from: Data(contentsOf: root.appending(path: "Tests/Golden/robust/\(name)")))
    }

    private func difference(_ a: [Float], _ b: [Double]) -> Double {
        a.count != b.count ? .infinity : zip(a, b).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
    }

    @Test func liesAreThoseOfThePapers() throws {
        for vectors in try golden(Vectors.self, "attacks.json").cases {
            let honest = try HonestUpdates(vectors.honest)
            func forged(_ attack: Attack) throws -> [Float] {
                try attack.forged(honest, clients: vectors.clients, liars: vectors.liars, copied: 1)
            }
            #expect(difference(try forged(.littleIsEnough(z: vectors.given_z)), vectors.alie) < 1e-6)
            #expect(difference(try forged(.innerProduct(factor: 2.5)), vectors.inner_product) < 1e-6)
            #expect(try forged(.mimic) == vectors.mimic.map { Float($0) })
            for perturbation in Attack.Perturbation.allCases {
                #expect(difference(try forged(.minMax(perturbation)), try #require(vectors.min_max[perturbation.rawValue])) < 1e-5)
                #expect(difference(try forged(.minSum(perturbation)), try #require(vectors.min_sum[perturbation.rawValue])) < 1e-5)
            }
            #expect(abs(try littleIsEnoughZ(clients: vectors.clients, liars: vectors.liars) - vectors.z) < 1e-8)
            #expect(try forged(.littleIsEnough(z: nil)) == forged(.littleIsEnough(z: try littleIsEnoughZ(clients: vectors.clients, liars: vectors.liars))))
        }
    }

    @Test func theSmallestAndLargestDeviations() throws {
        // 50 clients, 24 liars: 2 supporters, Φ⁻¹(24/26).
        #expect(abs(try littleIsEnoughZ(clients: 50, liars: 24) - 1.426076872272) < 1e-9)
        #expect(try littleIsEnoughZ(clients: 30, liars: 1) == 0)
        for (n, f) in [(2, 1), (3, 2), (100_000, 49_999), (10, 9)] {
            let z = try littleIsEnoughZ(clients: n, liars: f)
            #expect(z.isFinite && z >= 0)
        }
        for (n, f) in [(10, 0), (10, 10), (0, 0), (5, -1)] { #expect(throws: AttackError.self) { try littleIsEnoughZ(clients: n, liars: f) } }
    }
}

@Suite struct AttackTests {
    private func numbers(_ count: Int, _ seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Float(generator.normal()) }
    }

    private let rows = Dataset(features: (0..<40).map { Float($0) }, labels: [0, 1, 2, 3, 0, 1, 2, 3, 0, 1], inputs: 4, outputs: 4)

    @Test func ownLies() throws {
        var update: [Float] = [1, -2, 0.5, 3e38]
        try Attack.signFlip(scale: 3).forge(&update, seed: 1)
        #expect(update == [-3, 6, -1.5, -.greatestFiniteMagnitude])
        update = [1, -2]
        try Attack.scaling(factor: 10).forge(&update, seed: 1)
        #expect(update == [10, -20])
        try Attack.labelFlip.forge(&update, seed: 1)
        #expect(update == [10, -20])
        for bad in [0, -1, .nan, .infinity] as [Float] {
            #expect(throws: AttackError.self) { try Attack.signFlip(scale: bad).forge(&update, seed: 1) }
            #expect(throws: AttackError.self) { try Attack.gaussian(deviation: Double(bad)).forge(&update, seed: 1) }
        }
        for attack in [Attack.mimic, .minMax(.inverseUnit), .minSum(.inverseUnit), .innerProduct(factor: 1), .littleIsEnough(z: nil)] {
            #expect(attack.knowledge == .honestUpdates)
            #expect(throws: AttackError.needsHonestUpdates(attack.name)) { try attack.forge(&update, seed: 1) }
        }
    }

    @Test func commandLinesNameAttacks() throws {
        for attack in Attack.trials { #expect(try Attack(commandLine: attack.name) == attack) }
        #expect(
            try Attack(commandLine: "inner-product", scale: 3) == .innerProduct(factor: 3) && Attack(commandLine: "alie", scale: 1) == .littleIsEnough(z: 1))
        #expect(try Attack(commandLine: "sign-flip", scale: 3) == .signFlip(scale: 3))
        #expect(try Attack(commandLine: "gaussian", scale: 0.5) == .gaussian(deviation: 0.5))
        #expect(try Attack(commandLine: "scaling", scale: 2) == .scaling(factor: 2) && Attack(commandLine: "label-flip", scale: .nan) == .labelFlip)
        for (name, scale) in [("sign-flip", 0), ("scaling", .nan), ("alie", 0), ("alie_", 1), ("", 1)] as [(String, Float)] {
            #expect(throws: AttackError.self) { try Attack(commandLine: name, scale: scale) }
        }
    }

    /// An honest update of these rows is their features, and the seed at its end.
    private func features(_ rows: Dataset, _ seed: UInt64) -> [Float] { rows.features + [Float(seed % 97)] }

    @Test func aLiarSendsWhatItsAttackMakes() throws {
        func rows(_ value: Float) -> Dataset { Dataset(features: [value, 1], labels: [0], inputs: 2, outputs: 2) }
        func said(_ liar: Liar, seed: UInt64, round: Int = 1) throws -> [Float]? {
            try liar.update(rows: rows(2), seed: seed, round: round, values: \.self) { features($0, $1) }
        }
        let flips = try Liar(.signFlip(scale: 4))
        #expect(try said(flips, seed: 3) == [-8, -4, -12])
        let knows = try Liar(.innerProduct(factor: 2), liars: 2, honest: [rows(1), rows(5)])
        let lie = try #require(try said(knows, seed: 3))
        #expect(lie[0] == -6 && lie[1] == -2)
        // Liars send the same in a round, and draw anew in the next.
        #expect(try said(knows, seed: 4) == lie && said(knows, seed: 3, round: 2) != lie)
        #expect(throws: AttackError.needsHonestUpdates("alie")) { try Liar(.littleIsEnough(z: 1)) }
        #expect(try flips.update(rows: rows(2), seed: 1, round: 1, values: \.self) { _, _ in nil } == nil)
    }

    /// 10,000 draws: the mean within four of its deviations, the variance within five per cent.
    @Test func noiseHasItsDeviation() throws {
        var (a, b, c) = ([Float](repeating: 7, count: 10_000), [Float](repeating: 0, count: 10_000), [Float](repeating: 0, count: 10_000))
        try Attack.gaussian(deviation: 2).forge(&a, seed: 5)
        try Attack.gaussian(deviation: 2).forge(&b, seed: 5)
        try Attack.gaussian(deviation: 2).forge(&c, seed: 6)
        #expect(a == b && a != c)
        let mean = a.reduce(0.0) { $0 + Double($1) } / 10_000
        let variance = a.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 9_999
        #expect(abs(mean) < 0.08 && abs(variance - 4) < 0.2)
    }

    @Test func labelsAreFlippedAndFlippedBack() throws {
        let flipped = try Attack.labelFlip.poisoned(rows, seed: 1)
        #expect(flipped.labels == [3, 2, 1, 0, 3, 2, 1, 0, 3, 2] && flipped.features == rows.features)
        #expect(try Attack.labelFlip.poisoned(flipped, seed: 1) == rows)
        let numbers = Dataset(features: [1, 2], targets: [1, 2], inputs: 1)
        #expect(throws: AttackError.noClasses("label_flip")) { try Attack.labelFlip.poisoned(numbers, seed: 1) }
        #expect(try Attack.signFlip(scale: 1).poisoned(rows, seed: 1) == rows)
    }

    @Test func aBackdoorMarksItsShare() throws {
        let backdoor = Backdoor(columns: [1, 3], value: 99, target: 2, share: 0.25)
        let poisoned = try Attack.backdoor(backdoor, scale: 1).poisoned(rows, seed: 9)
        let marked = (0..<10).filter { poisoned.features[$0 * 4 + 1] == 99 && poisoned.features[$0 * 4 + 3] == 99 }
        #expect(marked.count == 3 && marked.allSatisfy { poisoned.labels[$0] == 2 })
        for row in 0..<10 where !marked.contains(row) {
            #expect(poisoned.labels[row] == rows.labels[row] && poisoned.features[row * 4..<row * 4 + 4] == rows.features[row * 4..<row * 4 + 4])
        }
        let triggered = try backdoor.triggered(rows)
        #expect(triggered.labels == [0, 1, 3, 0, 1, 3, 0, 1] && (0..<8).allSatisfy { triggered.features[$0 * 4 + 1] == 99 })
        let bad = [
            Backdoor(columns: [], value: 1, target: 0), Backdoor(columns: [4], value: 1, target: 0), Backdoor(columns: [-1], value: 1, target: 0),
            Backdoor(columns: [0], value: 1, target: 4), Backdoor(columns: [0], value: .nan, target: 0),
            Backdoor(columns: [0], value: 1, target: 0, share: 1.1), Backdoor(columns: [0], value: 1, target: 0, share: .nan),
        ]
        for backdoor in bad { #expect(throws: AttackError.self) { try backdoor.poisoned(rows, seed: 1) } }
    }

    /// A linear model that is made to say class 2 as soon as column 1 is large.
    @Test func successIsCounted() throws {
        let spec = ModelSpec(kind: .softmaxRegression, layers: [4, 4])
        let backdoor = Backdoor(columns: [1], value: 1000, target: 2)
        var parameters = [Float](repeating: 0, count: spec.parameterCount)
        #expect(try backdoor.successRate(spec: spec, parameters: parameters, rows: rows) == 0)
        // Weights are stored output by output: class 2, column 1.
        parameters[2 * 4 + 1] = 1
        #expect(try backdoor.successRate(spec: spec, parameters: parameters, rows: rows) == 1)
        #expect(try backdoor.successRate(spec: spec, parameters: parameters, rows: rows.selecting([2, 6])) == nil)
    }

    /// Neither lie is farther from the honest than the papers allow, and both are as far as that.
    @Test func distancesAreUsedUp() throws {
        let updates = (0..<9).map { numbers(50, $0) }
        let honest = try HonestUpdates(updates)
        func squared(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) } }
        let farthest = updates.map { a in updates.map { squared(a, $0) }.max() ?? 0 }.max() ?? 0
        let most = updates.map { a in updates.reduce(0) { $0 + squared(a, $1) } }.max() ?? 0
        for perturbation in Attack.Perturbation.allCases {
            let lie = try Attack.minMax(perturbation).forged(honest, clients: 11, liars: 2)
            #expect(abs((updates.map { squared(lie, $0) }.max() ?? 0) / farthest - 1) < 1e-5)
            let other = try Attack.minSum(perturbation).forged(honest, clients: 11, liars: 2)
            #expect(abs(updates.reduce(0) { $0 + squared(other, $1) } / most - 1) < 1e-5)
        }
        let same = try HonestUpdates([[1, 2], [1, 2]])
        for perturbation in Attack.Perturbation.allCases { #expect(try Attack.minMax(perturbation).forged(same, clients: 3, liars: 1) == [1, 2]) }
    }

    @Test func mimicFindsWhoStandsOut() throws {
        var observer = MimicObserver(clients: 6, dimension: 20, seed: 3)
        #expect(observer.copied == 0)
        for round in 0..<4 {
            var updates = (0..<6).map { numbers(20, UInt64(round * 6 + $0)).map { $0 * 0.1 } }
            for j in 0..<20 { updates[4][j] += 3 }
            try observer.observe(try HonestUpdates(updates))
        }
        #expect(observer.copied == 4)
        #expect(throws: AttackError.self) { try observer.observe(try HonestUpdates([[1, 2]])) }
    }

    @Test func honestUpdatesAreChecked() {
        #expect(throws: AttackError.self) { try HonestUpdates([]) }
        #expect(throws: AttackError.dimension(index: 1, has: 1, needs: 2)) { try HonestUpdates([[1, 2], [1]]) }
        #expect(throws: AttackError.notFinite(update: 1, coordinate: 0)) { try HonestUpdates([[1, 2], [.nan, 1]]) }
        #expect(throws: AttackError.self) { try Attack.mimic.forged(try HonestUpdates([[1]]), clients: 2, liars: 1, copied: 1) }
        #expect(throws: AttackError.self) { try Attack.labelFlip.forged(try HonestUpdates([[1]]), clients: 2, liars: 1) }
        #expect(throws: AttackError.self) { try Attack.innerProduct(factor: .nan).forged(try HonestUpdates([[1]]), clients: 2, liars: 1) }
    }
}
