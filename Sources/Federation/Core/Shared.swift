/// A large value behind one reference. To copy it costs one count however much is in it; the first change of a copy that others hold
/// copies the rest.
struct Shared<Value: Sendable>: Sendable {
    /// Written by its only holder alone, so that nobody reads it meanwhile.
    private final class Box: @unchecked Sendable {
        @exclusivity(unchecked) var value: Value
        init(_ value: Value) { self.value = value }
    }

    private var box: Box

    init(_ value: Value) { box = Box(value) }

    var value: Value {
        _read { yield box.value }
        _modify {
            if !isKnownUniquelyReferenced(&box) { box = Box(box.value) }
            yield &box.value
        }
    }
}
