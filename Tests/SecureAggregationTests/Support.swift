import CryptoSuite

/// A linear congruential generator: the same numbers on every machine.
struct Numbers {
    var state: UInt64
    mutating func next(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 16) % UInt64(bound))
    }
    mutating func word() -> UInt64 { UInt64(next(below: 1 << 32)) << 32 | UInt64(next(below: 1 << 32)) }
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(next(below: 256)) } }
    mutating func shuffled<T>(_ items: [T]) -> [T] {
        var out = items
        for i in stride(from: out.count - 1, to: 0, by: -1) { out.swapAt(i, next(below: i + 1)) }
        return out
    }
    mutating func chance(_ percent: Int) -> Bool { next(below: 100) < percent }
}
