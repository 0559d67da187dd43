internal import WorkSharing

/// What every solver gets.
struct Run: Sendable {
    let model: IsingModel
    let reads: Int
    let seed: UInt64
    let crew: Crew
    let watch: Watch

    /// Does the parts of a run, each into its own place, and gives them in order.
    func inParts(_ count: Int, _ part: @escaping @Sendable (Int) -> Outcome) -> [Outcome] {
        let places = UnsafeMutableBufferPointer<Outcome?>.allocate(capacity: count)
        places.initialize(repeating: nil)
        defer {
            places.deinitialize()
            places.deallocate()
        }
        nonisolated(unsafe) let open = places
        crew.forEach(count) { number, _ in open[number] = part(number) }
        return places.compactMap { $0 }
    }

    /// Reads in groups of lanes. - Parameter part: gets the numbers of the group's reads.
    func inLanes(_ part: @escaping @Sendable (Range<Int>) -> Outcome) -> [Outcome] {
        let width = LaneGroup.width
        return inParts((reads + width - 1) / width) { group in part(group * width..<min(reads, (group + 1) * width)) }
    }

    func stream(_ read: Int, part: Int = 0) -> Stream { Stream(seed: seed, read: read, part: part) }

    /// A state of which every spin is drawn.
    func randomState(_ stream: inout Stream) -> [Int8] { (0..<model.spins).map { _ in stream.spin() } }

    /// Whether a part may begin at all.
    var mayBegin: Stop? { watch.stop() }
}
