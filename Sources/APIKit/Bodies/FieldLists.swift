internal import Synchronization

/// Lists of fields of generic bodies, made once for each type. Swift has no stored statics in generic types, and paths that are
/// made anew for every reply cost more than all that they read.
package enum FieldLists {
    private final class List<Root: Sendable>: Sendable {
        let fields: [FieldOf<Root>]
        init(_ fields: [FieldOf<Root>]) { self.fields = fields }
    }

    private static let made = Mutex<[ObjectIdentifier: any AnyObject & Sendable]>([:])

    /// - Parameter make: asked the first time, and by those who come while it is made.
    package static func of<Root: Sendable>(_ type: Root.Type, _ make: () -> [FieldOf<Root>]) -> [FieldOf<Root>] {
        let id = ObjectIdentifier(type)
        if let list = made.withLock({ $0[id] }) as? List<Root> { return list.fields }
        // Not under the lock: a list may be made of another's.
        let list = List(make())
        made.withLock { $0[id] = list }
        return list.fields
    }
}
