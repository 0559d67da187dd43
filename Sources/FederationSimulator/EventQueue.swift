/// What is still to happen, earliest first; among events of one instant the one that was planned first.
///
/// The heap moves small keys; the events stay where they are until they happen.
struct EventQueue<Event> {
    private struct Key {
        var time: Int64
        var sequence: UInt64
        var slot: Int

        func isBefore(_ other: Key) -> Bool { time != other.time ? time < other.time : sequence < other.sequence }
    }

    private var heap: [Key] = []
    private var events: [Event?] = []
    private var freeSlots: [Int] = []
    private var sequence: UInt64 = 0

    mutating func push(_ event: consuming Event, at time: Int64) {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            events[free] = event
        } else {
            slot = events.count
            events.append(event)
        }
        let key = Key(time: time, sequence: sequence, slot: slot)
        sequence += 1
        heap.append(key)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard key.isBefore(heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = key
    }

    mutating func pop() -> (time: Int64, event: Event)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty { sink(last) }
        freeSlots.append(first.slot)
        guard let event = events[first.slot].take() else { return nil }
        return (first.time, event)
    }

    /// Puts `key` in at the root and lets it down to its place.
    private mutating func sink(_ key: Key) {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count && heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(key) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = key
    }
}
