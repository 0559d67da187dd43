import KernelTable

extension Level {
    func addWords(_ words: UnsafeMutablePointer<UInt32>, _ x: UnsafePointer<UInt32>, _ count: Int, _ subtract: Bool) {
        // −x is the complement of x, plus 1.
        let flip = Bits(repeating: subtract ? -1 : 0)
        var j = 0
        while j &+ W <= count {
            let place = UnsafeMutableRawPointer(words + j)
            let mask = UnsafeRawPointer(x + j).loadUnaligned(as: Bits.self) ^ flip
            place.storeBytes(of: place.loadUnaligned(as: Bits.self) &+ mask &- flip, as: Bits.self)
            j &+= W
        }
        while j < count {
            words[j] = subtract ? words[j] &- x[j] : words[j] &+ x[j]
            j &+= 1
        }
    }
}
