/// The adverts of an attempt by their members. A list that rises is its own index: no table is made of it.
struct AdvertTable: Sendable {
    private let adverts: [Advert]

    /// - Parameter adverts: in rising order of their index.
    init(_ adverts: [Advert]) { self.adverts = adverts }

    var members: [Int] { adverts.map { $0.index } }

    subscript(member: Int) -> Advert? { place(of: member).map { adverts[$0] } }

    func has(_ member: Int) -> Bool { place(of: member) != nil }

    private func place(of member: Int) -> Int? { adverts.place(ofRising: member) { $0.index } }
}
