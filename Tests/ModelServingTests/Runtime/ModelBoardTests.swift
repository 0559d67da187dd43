import Learning
import ModelServing
import Testing

private let a = ModelKey(tenant: "t", id: "a")
private let b = ModelKey(tenant: "t", id: "b")

@Suite struct ModelBoardTests {
    @Test func aModelLoadsAnswersAndGoes() {
        var board = ModelBoard(budgetBytes: 100)
        #expect(board.phase(a) == nil && board.enter(a) == nil && board.unload(a) == nil)
        #expect(board.load(a, fileBytes: 40, again: false) == .begin(instance: 1))
        #expect(board.load(a, fileBytes: 40, again: true) == .loading(instance: 1))
        #expect(board.phase(a) == .loading && board.enter(a) == nil && board.usedBytes == 40)
        #expect(board.loaded(1, bytes: 30) == .ready(gone: []))
        #expect(board.usedBytes == 30 && board.load(a, fileBytes: 40, again: false) == .ready(instance: 1))
        #expect(board.enter(a) == 1 && board.enter(a) == 1)
        #expect(board.unload(a) == [] && board.phase(a) == .unloading && board.enter(a) == nil)
        #expect(board.exit(1) == [] && board.exit(1) == [1] && board.exit(1) == [])
        #expect(board.phase(a) == nil && board.usedBytes == 0 && board.count == 0)
    }

    /// The old one answers until the new one does, and then until its last call is over.
    @Test func theNewOneIsReadyBeforeTheOldOneGoes() {
        var board = ModelBoard(budgetBytes: 100)
        _ = board.load(a, fileBytes: 40, again: false)
        _ = board.loaded(1, bytes: 40)
        #expect(board.enter(a) == 1)
        #expect(board.load(a, fileBytes: 40, again: true) == .begin(instance: 2))
        #expect(board.phase(a) == .ready && board.enter(a) == 1 && board.exit(1) == [])
        #expect(board.loaded(2, bytes: 40) == .ready(gone: []))
        #expect(board.enter(a) == 2 && board.usedBytes == 80)
        #expect(board.exit(1) == [1] && board.usedBytes == 40 && board.exit(2) == [])
        // Without calls it goes at once.
        #expect(board.load(a, fileBytes: 40, again: true) == .begin(instance: 3))
        #expect(board.loaded(3, bytes: 40) == .ready(gone: [2]))
    }

    @Test func thereIsNoMoreThanTheBudget() {
        var board = ModelBoard(budgetBytes: 100, limit: 2)
        #expect(board.load(a, fileBytes: 101, again: false) == .noRoom(neededBytes: 101, freeBytes: 100, budgetBytes: 100))
        #expect(board.load(a, fileBytes: 60, again: false) == .begin(instance: 1))
        #expect(board.load(b, fileBytes: 60, again: false) == .noRoom(neededBytes: 60, freeBytes: 40, budgetBytes: 100))
        // In memory it is larger than its file said.
        #expect(board.loaded(1, bytes: 101) == .noRoom(neededBytes: 101, freeBytes: 100, budgetBytes: 100))
        #expect(board.phase(a) == nil && board.freeBytes == 100)
        _ = board.load(a, fileBytes: 1, again: false)
        _ = board.load(b, fileBytes: 1, again: false)
        #expect(board.load(ModelKey(tenant: "u", id: "a"), fileBytes: 1, again: false) == .tooMany(limit: 2))
    }

    @Test func whatIsUnloadedWhileItLoadsIsUnwanted() {
        var board = ModelBoard(budgetBytes: 100)
        _ = board.load(a, fileBytes: 60, again: false)
        #expect(board.unload(a) == [] && board.freeBytes == 100)
        #expect(board.load(a, fileBytes: 60, again: false) == .begin(instance: 2))
        #expect(board.loaded(1, bytes: 60) == .unwanted && board.loading(a) == 2)
        board.failed(2)
        #expect(board.phase(a) == nil && board.count == 0)
    }

    /// Never more than the budget, never a call without its model, and nothing is left over at the end.
    @Test func whateverHappensTheBooksAreRight() {
        for seed in UInt64(0)..<100 {
            var generator = SeededGenerator(seed: seed)
            var board = ModelBoard(budgetBytes: 200, limit: 6)
            var (loading, calls): ([Int], [Int]) = ([], [])
            for _ in 0..<400 {
                let key = [a, b, ModelKey(tenant: "u", id: "a")][generator.below(3)]
                switch generator.below(7) {
                case 0, 1:
                    if case .begin(let number) = board.load(key, fileBytes: 1 + generator.below(90), again: generator.below(2) == 0) { loading.append(number) }
                case 2:
                    if let number = loading.popLast() {
                        if generator.below(4) == 0 { board.failed(number) } else { _ = board.loaded(number, bytes: 1 + generator.below(90)) }
                    }
                case 3: if generator.below(3) == 0 { _ = board.unload(key) }
                case 4, 5:
                    let ready = board.ready(key)
                    let number = board.enter(key)
                    #expect(number == ready)
                    if let number { calls.append(number) }
                default:
                    if !calls.isEmpty { _ = board.exit(calls.remove(at: generator.below(calls.count))) }
                }
                #expect(board.usedBytes <= 200 && board.count <= 6)
                #expect(calls.allSatisfy { board[$0] != nil })
            }
            for number in loading { board.failed(number) }
            for key in [a, b, ModelKey(tenant: "u", id: "a")] { _ = board.unload(key) }
            for call in calls { _ = board.exit(call) }
            #expect(board.count == 0 && board.usedBytes == 0)
        }
    }
}
