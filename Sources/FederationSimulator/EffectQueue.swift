/// Effects of a machine, done strictly in order. One value in its process: whoever takes the next asks for access to the process once.
struct EffectQueue<Effect> {
    private var effects: [Effect] = []
    /// How many of `effects` are done.
    private var done = 0
    /// A write is under way; nothing is done before it is.
    var isWriting = false

    init(_ effects: [Effect] = []) { self.effects = effects }

    mutating func add(_ new: [Effect]) {
        if effects.isEmpty { effects = new } else { effects += new }
    }

    /// The next effect; nil while a write is under way or nothing is left.
    mutating func next() -> Effect? {
        guard hasNext() else { return nil }
        done += 1
        return effects[done - 1]
    }

    /// The next effect if `take` takes it.
    mutating func next<Taken>(where take: (Effect) -> Taken?) -> Taken? {
        guard done < effects.count, let taken = take(effects[done]) else { return nil }
        done += 1
        return taken
    }

    private mutating func hasNext() -> Bool {
        if !isWriting, done < effects.count { return true }
        if done > 0 && done == effects.count {
            effects = []
            done = 0
        }
        return false
    }
}
